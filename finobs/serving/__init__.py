"""What stands between the network and Django: bodies are read whole, within limits, before a thread is given to them."""
