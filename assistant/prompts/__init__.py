"""What the model is sent: fill-in-the-middle templates, the tokenizer, the layout.

Shared by serving, training and evaluation, so that a model is tuned and measured on the
prompts that it will see.
"""
