"""Who may sign in: users, passwords, sessions, tokens, failed attempts, in one file `users.sqlite`."""
