"""The UNO types that the driver names; PyUNO makes them at run time."""
