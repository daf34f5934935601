"""The settings of K."""

import numpy as np
from answers.table import Call, Row, row

TABLE: dict[str, list[Row]] = {
    "epsilon": [
        row(),
        row(before=(Call("set_epsilon", (1e-3,)),)),
        row(before=(Call("set_epsilon", (1,)),)),
        row(before=(Call("set_epsilon", (0.0,)),)),
        row(before=(Call("set_epsilon", (np.float64(1e-5),)),)),
        row(before=(Call("set_epsilon", ("0.5",)),)),
        row(before=(Call("set_epsilon", ("text",)),)),
        row(before=(Call("set_epsilon", (None,)),)),
    ],
    "floatx": [
        row(),
        *(row(before=(Call("set_floatx", (f"float{bits}",)),)) for bits in (16, 32, 64)),
        row(before=(Call("set_floatx", ("bfloat16",)),)),
        row(before=(Call("set_floatx", ("float8",)),)),
        row(before=(Call("set_floatx", ("int32",)),)),
        row(before=(Call("set_floatx", (np.float32,)),)),
        row(before=(Call("set_floatx", (None,)),)),
    ],
    "image_data_format": [
        row(),
        row(before=(Call("set_image_data_format", ("channels_first",)),)),
        row(before=(Call("set_image_data_format", ("channels_last",)),)),
        row(
            before=(
                Call("set_image_data_format", ("channels_first",)),
                Call("set_image_data_format", ("channels_last",)),
            )
        ),
        row(before=(Call("set_image_data_format", ("th",)),)),
        row(before=(Call("set_image_data_format", ("",)),)),
        row(before=(Call("set_image_data_format", (None,)),)),
    ],
    "get_uid": [
        row(),
        row("dense"),
        row(prefix="dense"),
        row("dense", before=(Call("get_uid", ("dense",)), Call("get_uid", ("dense",)))),
        row("dense", before=(Call("get_uid", ("conv",)),)),
        row("dense", before=(Call("get_uid", ("dense",)), Call("reset_uids"))),
        row("", before=(Call("get_uid"),)),
        row(7),
        row(None),
        row(["dense"]),
    ],
}

ANSWERED = {"floatx-5"}
