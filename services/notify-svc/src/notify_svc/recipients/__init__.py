"""Who can be reached how: asked of those who know when it is needed, and not kept."""
