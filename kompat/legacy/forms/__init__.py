"""What old Keras had and today's has in no form, written for Keras 3."""
