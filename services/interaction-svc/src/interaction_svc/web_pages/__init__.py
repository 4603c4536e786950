"""Pages that customers open from a link: how they look, what they always say, who is let in and how."""
