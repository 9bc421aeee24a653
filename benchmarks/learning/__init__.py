"""What the portfolio is learned from, and how: a pool of configurations, what they did on tables, and the selection."""
