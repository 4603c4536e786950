"""What codes say in Chinese and English when somebody reads them."""
