"""What people read out of a meeting: screens, forecasts, calendars. Pure functions of the folded state."""
