"""A page in the browser that shows looks: the scene, the grasps on offer, the choice, and the planned motion."""
