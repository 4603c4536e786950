"""Messages to people: asked for by rules, sent when their time has come, each attempt noted."""
