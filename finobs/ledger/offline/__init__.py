"""What an auditor runs without finobs."""
