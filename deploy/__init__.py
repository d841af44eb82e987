"""What it takes to run the daemon, and the helpers of the scripts here; the daemon itself needs none of it."""
