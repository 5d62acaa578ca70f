"""Case numbers: their shape, their slips, and where a text holds one."""
