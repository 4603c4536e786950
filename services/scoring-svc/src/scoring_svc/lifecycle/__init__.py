"""The stages that customers went through, and what people declare of them."""
