"""Laws that hold of drift, whatever the platforms show."""

from hypothesis import given

from tests.access.scene import Scene
from tests.access.scenes import scenes


@given(scene=scenes())
def test_a_world_is_as_its_own_snapshot_declares(scene: Scene) -> None:
    found = scene.drift(scene.snapshot())
    assert found.items == ()
    assert found.unmatched == ()
