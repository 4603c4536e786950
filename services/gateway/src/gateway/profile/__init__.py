"""One customer all around (360): asked of every service at once, answered also when one is away."""
