"""What of the user's guide is made by programs: its pictures and its page of keys."""
