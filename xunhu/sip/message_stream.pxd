# message_stream.py is compiled as it stands.
