"""Installs ``kompat_startup.pth`` beside the package, where Python reads it when it starts."""

from distutils.command.install_data import install_data

from setuptools import Distribution, setup


class Project(Distribution):
    """A project whose data files are part of an editable installation too."""

    def has_data(self) -> bool:
        """What setuptools asks before it puts data files into an editable installation."""
        return self.has_data_files()


class InstallBesidePackages(install_data):
    """Data files go into site-packages, instead of the folder of the environment."""

    def finalize_options(self) -> None:
        self.set_undefined_options("install", ("install_lib", "install_dir"))
        super().finalize_options()


setup(
    distclass=Project,
    cmdclass={"install_data": InstallBesidePackages},
    data_files=[("", ["kompat_startup.pth"])],
)
