"""What stands between the network and Django: a body is read whole, within limits, before a thread is given to it."""
