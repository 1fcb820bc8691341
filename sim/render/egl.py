"""One-pass renderer on a headless OpenGL context (EGL; Mesa's llvmpipe where there is no GPU)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import moderngl
import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.pose import Array, Pose
from sim.render.base import Rendered, RenderError
from sim.render.projection import projection_matrix
from sim.render.scene import BACKGROUND, VisualScene

TEXTURE_SIZE = 256  # pixels; an item is at most about 200 pixels long in an image
_UP, _LAMP, _SIDE = (0.0, 0.0, 1.0), (-0.24, 0.14, 0.96), (0.77, -0.48, 0.43)
LIGHTS = np.column_stack([np.divide(axis, np.linalg.norm(axis)) for axis in (_UP, _LAMP, _SIDE)])  # base frame
BACKGROUND_COLOR = (96, 98, 100)

_VERTEX = """
#version 430
uniform mat4 projection;
layout(std430, binding = 0) readonly buffer Poses { mat4 T_camera_link[]; };
layout(std430, binding = 1) readonly buffer Colors { vec4 color_gloss[]; };
in vec3 vertex;
in vec2 uv;
in int mesh;
out vec3 point;
out vec2 texel;
flat out vec4 color;
flat out int slot;
void main() {
    vec4 p = T_camera_link[mesh] * vec4(vertex, 1.0);
    point = p.xyz;
    texel = uv;
    color = color_gloss[mesh];
    slot = mesh;
    gl_Position = projection * p;
}
"""

# Colours are squared (about linear light) before shading and rooted after it. Light: a wide lamp overhead, a
# weaker one from the side, the room; and the lamp's reflection on gloss (Blinn 1977, half vector). The directions
# are given in the camera's frame. Software rasterisers pay for a texture read even where it is skipped, so there
# is a program without it.
_FRAGMENT = """
#version 430
uniform mat3 lights;  // columns: up, lamp, side
uniform sampler2DArray textures;
in vec3 point;
in vec2 texel;
flat in vec4 color;  // and gloss
flat in int slot;
layout(location = 0) out vec2 depth_mesh;  // mesh number from 1
layout(location = 1) out vec4 shaded;  // and incidence
layout(std430, binding = 2) readonly buffer Layers { float layer[]; };
void main() {
    vec3 sight = -normalize(point);
    vec3 normal = normalize(cross(dFdx(point), dFdy(point)));
    float cosine = dot(normal, sight);
    normal = cosine < 0.0 ? -normal : normal;
    vec3 albedo = color.rgb;
#ifdef TEXTURED
    albedo *= texture(textures, vec3(texel, layer[slot])).rgb;
#endif
    vec3 facing = normal * lights;
    float light = 0.30 + 0.14 * facing.x + 0.50 * max(facing.y, 0.0) + 0.16 * max(facing.z, 0.0);
    vec3 halfway = lights[1] + sight;
    float shine = max(dot(normal, halfway), 0.0);
    shine *= shine / dot(halfway, halfway);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine; shine *= shine;  // cosine to the 64th
    shaded = vec4(sqrt(albedo * albedo * light + 0.7 * color.a * shine), abs(cosine));
    depth_mesh = vec2(point.z, slot + 1);
}
"""


@dataclass(eq=False)
class _Model:
    """A scene's meshes as they lie in the context's buffers; arrays have one entry per mesh.

    start, first and count: where a mesh's vertices and indices begin, and how many indices it has; centre and radius
    bound it in its link's frame; facts (1 + N, 3): body, gloss and transparency of
    255; the background comes first.
    """

    scene: VisualScene
    version: int
    draws: tuple[moderngl.VertexArray, moderngl.VertexArray]  # plain, textured
    textured: NDArray[np.bool_]
    vertices: moderngl.Buffer
    poses: moderngl.Buffer
    colors: moderngl.Buffer
    layers: moderngl.Buffer
    textures: moderngl.TextureArray
    start: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    centre: Array
    radius: Array
    facts: NDArray[np.int32]
    reshaped: list[int]

    def reshape(self) -> None:
        """Fetch the vertices of meshes that deformed since the last time."""
        for i, one in enumerate(self.scene.shown.values()):
            if one.reshaped != self.reshaped[i]:
                self.vertices.write(one.vertices.tobytes(), offset=12 * int(self.start[i]))
                self.centre[i], self.radius[i] = _sphere(one.vertices)
                self.reshaped[i] = one.reshaped


class EglRenderer:
    """Draws depth, ids and colour in one pass. Several may live side by side, each with its own context.

    Raises:
        RenderError: no EGL context with OpenGL 4.3 can be created.
    """

    def __init__(self) -> None:
        try:
            settings: dict[str, Any] = {"backend": "egl"}
            self._context = moderngl.create_context(require=430, standalone=True, **settings)
        except Exception as error:  # moderngl and glcontext raise plain Exception
            raise RenderError(
                f"no OpenGL 4.3 context through EGL ({error}); install libegl1 and libgl1-mesa-dri, or use kind='tiny'"
            ) from error
        self._context.gc_mode = "context_gc"  # "auto" deletes by number in whichever context is current
        self.name = f"moderngl-egl ({self._context.info['GL_RENDERER']})"
        textured = _FRAGMENT.replace("#version 430", "#version 430\n#define TEXTURED")
        self._programs = [self._context.program(_VERTEX, fragment) for fragment in (_FRAGMENT, textured)]
        self._targets: dict[tuple[int, int], moderngl.Framebuffer] = {}
        self._model: _Model | None = None

    def close(self) -> None:
        """Release the context; the renderer cannot be used afterwards."""
        self._context.release()

    def render(self, camera: CameraModel, T_base_camera: Pose, scene: VisualScene) -> Rendered:
        with self._context:
            self._context.gc()
            model = self._uploaded(scene)
            target = self._target(camera.width, camera.height)
            target.use()
            target.clear()
            self._context.enable_only(moderngl.DEPTH_TEST)
            self._draw(model, camera, T_base_camera)
            return _read(target, model.facts)

    def _draw(self, model: _Model, camera: CameraModel, T_base_camera: Pose) -> None:
        # Camera-relative poses are formed in double precision: single precision suffices after that.
        T_camera_link = T_base_camera.inverse().matrix @ model.scene.poses()
        projection = projection_matrix(camera)
        self._set("projection", projection)
        self._set("lights", T_base_camera.rotation.T @ LIGHTS)
        model.poses.write(T_camera_link.transpose(0, 2, 1).astype("f4").tobytes())
        model.poses.bind_to_storage_buffer(0)
        model.colors.bind_to_storage_buffer(1)
        model.layers.bind_to_storage_buffer(2)
        model.textures.use(0)
        for i in _in_view(projection, T_camera_link, model.centre, model.radius):
            draw = model.draws[int(model.textured[i])]
            draw.render(moderngl.TRIANGLES, vertices=int(model.count[i]), first=int(model.first[i]))

    def _set(self, uniform: str, matrix: Array) -> None:
        for program in self._programs:
            member = program[uniform]
            assert isinstance(member, moderngl.Uniform)
            member.write(matrix.T.astype("f4").tobytes())

    def _uploaded(self, scene: VisualScene) -> _Model:
        model = self._model
        if model is None or model.scene is not scene or model.version != scene.version:
            self._model = model = _upload(self._context, self._programs, scene)
        model.reshape()
        return model

    def _target(self, width: int, height: int) -> moderngl.Framebuffer:
        size = (width, height)
        if size not in self._targets:
            colors = [
                self._context.renderbuffer(size, 2, dtype="f4"),
                self._context.renderbuffer(size, 4),
            ]
            self._targets[size] = self._context.framebuffer(colors, self._context.depth_renderbuffer(size))
        return self._targets[size]


def _in_view(projection: Array, T_camera_link: Array, centre: Array, radius: Array) -> NDArray[np.int64]:
    """The meshes whose bounding spheres, shapes (N, 3) and (N,), touch the view frustum, nearest first.

    What is drawn behind something costs next to nothing.
    """
    at = np.einsum("nij,nj->ni", T_camera_link[:, :3, :3], centre) + T_camera_link[:, :3, 3]
    planes = np.array([projection[3] + s * projection[i] for i in range(3) for s in (1, -1)])
    planes /= np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
    visible = np.flatnonzero((at @ planes[:, :3].T + planes[:, 3] > -radius[:, None]).all(axis=1))
    return visible[np.argsort(at[visible, 2], kind="stable")]


def _read(target: moderngl.Framebuffer, facts: NDArray[np.int32]) -> Rendered:
    shape = (target.height, target.width, -1)
    depth_mesh = np.frombuffer(target.read(components=2, attachment=0, dtype="f4", alignment=1), np.float32)
    shaded = np.frombuffer(target.read(components=4, attachment=1, alignment=1), np.uint8)
    background = np.array(BACKGROUND_COLOR, np.uint8)
    return Rendered(*_unpack(depth_mesh.reshape(shape), shaded.reshape(shape), facts, background))


@njit(cache=True)
def _unpack(depth_mesh, shaded, facts, background):  # type: ignore[no-untyped-def]
    height, width = depth_mesh.shape[:2]
    depth = np.empty((height, width), np.float32)
    ids = np.empty((height, width), np.int32)
    color = np.empty((height, width, 3), np.uint8)
    incidence = np.empty((height, width), np.uint8)
    gloss = np.empty((height, width), np.uint8)
    transparency = np.empty((height, width), np.uint8)
    for row in range(height):
        for column in range(width):
            mesh = int(depth_mesh[row, column, 1])  # row 0 of the facts is the background's
            depth[row, column] = depth_mesh[row, column, 0] if mesh else np.float32(np.nan)
            ids[row, column] = facts[mesh, 0]
            gloss[row, column] = facts[mesh, 1]
            transparency[row, column] = facts[mesh, 2]
            incidence[row, column] = shaded[row, column, 3]
            for channel in range(3):
                color[row, column, channel] = shaded[row, column, channel] if mesh else background[channel]
    return depth, ids, color, incidence, gloss, transparency


def _upload(context: moderngl.Context, programs: list[moderngl.Program], scene: VisualScene) -> _Model:
    shown = list(scene.shown.values())
    meshes = [one.mesh for one in shown]
    sizes = np.array([len(mesh.vertices) for mesh in meshes], np.int64)
    count = np.array([3 * len(mesh.triangles) for mesh in meshes], np.int64)
    start = np.cumsum(sizes) - sizes
    vertices = context.buffer(_joined([one.vertices for one in shown], "f4"))
    uv = context.buffer(_joined([np.zeros((len(m.vertices), 2)) if m.uv is None else m.uv for m in meshes], "f4"))
    slots = context.buffer(_joined([np.full(size, i) for i, size in enumerate(sizes)], "i4"))
    indices = context.buffer(_joined([mesh.triangles + s for mesh, s in zip(meshes, start)], "i4"))
    attributes = [(vertices, "3f", "vertex"), (slots, "1i", "mesh")]
    plain = context.vertex_array(programs[0], attributes, indices)
    textured = context.vertex_array(programs[1], [*attributes, (uv, "2f", "uv")], indices)
    has_texture = np.array([mesh.texture is not None for mesh in meshes], np.bool_)
    looks = [(one.body, round(255 * one.mesh.gloss), round(255 * one.mesh.transparency)) for one in shown]
    spheres = [_sphere(one.vertices) for one in shown]
    return _Model(
        scene,
        scene.version,
        (plain, textured),
        has_texture,
        vertices,
        context.buffer(reserve=64 * max(len(meshes), 1)),
        context.buffer(_joined([np.array([*mesh.color, mesh.gloss]) for mesh in meshes], "f4")),
        context.buffer(_joined([np.cumsum(has_texture) - 1], "f4")),
        _texture_array(context, [mesh.texture for mesh in meshes if mesh.texture is not None]),
        start,
        np.cumsum(count) - count,
        count,
        np.array([centre for centre, _ in spheres]).reshape(-1, 3),
        np.array([radius for _, radius in spheres]),
        np.array([(BACKGROUND, 0, 0), *looks], np.int32),
        [one.reshaped for one in shown],
    )


def _joined(parts: Sequence[NDArray[Any]], dtype: str) -> bytes:
    """The parts' bytes one after the other, never none: OpenGL knows no empty buffer."""
    return b"".join(part.astype(dtype).tobytes() for part in parts) or bytes(64)


def _sphere(vertices: NDArray[np.float32]) -> tuple[Array, float]:
    """Centre and radius of a sphere around the vertices."""
    centre = (vertices.min(axis=0) + vertices.max(axis=0)).astype(np.float64) / 2
    return centre, float(np.linalg.norm(vertices - centre, axis=1).max())


def _texture_array(context: moderngl.Context, images: list[NDArray[np.uint8]]) -> moderngl.TextureArray:
    size = (TEXTURE_SIZE, TEXTURE_SIZE)
    layers = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
    data = np.stack(layers) if layers else np.full((1, *size, 3), 255, np.uint8)
    textures = context.texture_array((*size, len(data)), 3, data.tobytes())
    textures.filter = (moderngl.LINEAR, moderngl.LINEAR)
    textures.repeat_x = textures.repeat_y = False
    return textures
