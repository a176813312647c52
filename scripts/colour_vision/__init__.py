"""How the timeline looks to a person without green cones."""
