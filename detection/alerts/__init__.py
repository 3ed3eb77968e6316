"""What detectors said: the list of alerts, one alert with why, and how urgent it is. Alerts never change."""
