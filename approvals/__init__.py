"""Second pairs of eyes: policies, requests, decisions. Knows nothing of what it approves."""
