"""What if the rules were others: clocks and amounts derived anew from what people did."""
