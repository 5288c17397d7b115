"""Files on this machine: who may read them, what their errors mean, and who is using them. Below every other room."""
