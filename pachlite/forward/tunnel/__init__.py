"""Many connections over one link that may break and be made again, without any of them noticing."""
