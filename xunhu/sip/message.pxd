# message.py is compiled as it stands.
