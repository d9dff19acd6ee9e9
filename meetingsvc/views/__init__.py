"""Views: what people read out of a meeting on screens, forecasts among it. Pure functions of the folded state."""
