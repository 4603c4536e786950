"""Where messages leave by: mail servers, group robots, an app, SMS providers, and other systems."""
