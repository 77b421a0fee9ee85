# Compiled from density_by_subject.yaml.
# Do not edit: compile the spec again. Runs on Airflow 2.10+ and 3.x.

from __future__ import annotations

from datetime import datetime

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

try:  # Airflow 3
    from airflow.sdk import DAG, Param, TaskGroup, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.param import Param
    from airflow.utils.task_group import TaskGroup


AS_JSON = "{% macro json(value) %}{{ value | tojson | replace('$', '\\\\u0024') | replace('{{', '{\\\\u007b') | replace('{%', '{\\\\u0025') | replace('{#', '{\\\\u0023') }}{% endmacro %}"

POD = {
    "kubernetes_conn_id": "kubernetes_default",
    "cmds": ["ecoflows"],
    "labels": {
        "app.kubernetes.io/managed-by": "ecoflows",
        "app.kubernetes.io/part-of": "density_by_subject",
    },
    "security_context": k8s.V1PodSecurityContext(
        run_as_non_root=True,
        run_as_user=1000,
        run_as_group=1000,
        fs_group=1000,
        seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
    ),
    "container_security_context": k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    ),
    "startup_timeout_seconds": 600,
    "get_logs": True,
    "log_events_on_failure": True,
    "on_finish_action": "delete_pod",
    "skip_on_exit_code": 99,
}


@task(trigger_rule="none_failed")
def share_out(answer, batch, command):
    """Give the arguments of a pod for each element of a list, or for several where there are many."""
    length = (answer or {}).get("length") or 0  # what was skipped has no answer
    size = 1 if length <= batch else batch
    firsts = range(0, length, size)
    return [
        [*command, "--elements", f"{first}-{min(first + size, length) - 1}"] for first in firsts
    ]


@task(trigger_rule="all_done")
def ended():
    """Be done once all elements of a map ended, however they did."""


with DAG(
    dag_id="density_by_subject",
    description="density_by_subject, compiled by ecoflows",
    doc_md="Compiled from density_by_subject.yaml.\n",
    schedule=None,
    start_date=datetime.fromisoformat("2024-01-01T00:00:00+00:00"),
    catchup=False,
    max_active_runs=1,
    params={
        "fixes__path": Param(
            description="The file: a path or a URL such as s3://bucket/fixes.parquet. GeoParquet or Parquet (.parquet, .geoparquet, .pq), GeoPackage (.gpkg), GeoJSON (.geojson, .json) or CSV (.csv; UTF-8, columns parted by comma, semicolon, tab or bar).",
            schema={"title": "path", "minLength": 1, "type": "string", "section": "fixes"},
        ),
        "fixes__subject_column": Param(
            "groupby_col",
            description="The column with the id or the name of the animal.",
            schema={"title": "subject_column", "type": "string", "section": "fixes"},
        ),
        "fixes__time_column": Param(
            "fixtime",
            description="The column with the time of the fix.",
            schema={"title": "time_column", "type": "string", "section": "fixes"},
        ),
        "fixes__longitude_column": Param(
            "longitude",
            description="The column with the longitude (degrees, or x in crs); not used with geometries.",
            schema={"title": "longitude_column", "type": "string", "section": "fixes"},
        ),
        "fixes__latitude_column": Param(
            "latitude",
            description="The column with the latitude (degrees, or y in crs); not used with geometries.",
            schema={"title": "latitude_column", "type": "string", "section": "fixes"},
        ),
        "fixes__id_column": Param(
            "id",
            description="The column with the id of the fix; rows keep their numbers without it.",
            schema={"title": "id_column", "type": "string", "section": "fixes"},
        ),
        "fixes__junk_column": Param(
            "junk_status",
            description="The column that says which fixes are wrong; none are without it.",
            schema={"title": "junk_column", "type": "string", "section": "fixes"},
        ),
        "fixes__crs": Param(
            None,
            description="The coordinate reference system of the file's coordinates, where the file does not say. Longitude and latitude columns are taken as EPSG:4326 (degrees, WGS84) without it.",
            schema={"title": "crs", "type": ["string", "null"], "section": "fixes"},
        ),
        "fixes__timezone": Param(
            "UTC",
            description="The time zone of times that have no offset, such as Africa/Nairobi.",
            schema={"title": "timezone", "type": "string", "section": "fixes"},
        ),
        "fixes__time_format": Param(
            None,
            description="How times are written, such as %d/%m/%Y %H:%M:%S; ISO 8601 without it.",
            schema={"title": "time_format", "type": ["string", "null"], "section": "fixes"},
        ),
        "fixes__layer": Param(
            None,
            description="The layer of a GeoPackage that has more than one.",
            schema={"title": "layer", "type": ["string", "null"], "section": "fixes"},
        ),
        "fixes__drop_missing_positions": Param(
            False,
            description="Leave out fixes without a position instead of refusing the file.",
            schema={"title": "drop_missing_positions", "type": "boolean", "section": "fixes"},
        ),
        "relocations__filter_point_coords": Param(
            [[180.0, 90.0], [0.0, 0.0]],
            description="Positions that mean 'unknown', in degrees, each as [longitude, latitude] or as {x: longitude, y: latitude}. Fixes exactly there are dropped.",
            schema={
                "title": "filter_point_coords",
                "$defs": {
                    "Coordinate": {
                        "description": "A point in degrees.",
                        "properties": {
                            "x": {
                                "description": "The longitude in degrees.",
                                "title": "X",
                                "type": "number",
                            },
                            "y": {
                                "description": "The latitude in degrees.",
                                "title": "Y",
                                "type": "number",
                            },
                        },
                        "required": ["x", "y"],
                        "title": "Coordinate",
                        "type": "object",
                    }
                },
                "items": {
                    "anyOf": [
                        {
                            "maxItems": 2,
                            "minItems": 2,
                            "prefixItems": [{"type": "number"}, {"type": "number"}],
                            "type": "array",
                        },
                        {"$ref": "#/$defs/Coordinate"},
                    ]
                },
                "type": "array",
                "section": "relocations",
            },
        ),
        "relocations__relocs_columns": Param(
            ["groupby_col", "fixtime", "junk_status", "geometry"],
            description="The columns to keep, by their names in the observations; groupby_col, fixtime, junk_status and geometry must be among them. The prefixes extra__ and subject__ are taken off the names afterwards.",
            schema={
                "title": "relocs_columns",
                "items": {"type": "string"},
                "type": "array",
                "section": "relocations",
            },
        ),
        "trajectory__min_length_meters": Param(
            0.1,
            description="Drop segments shorter than this distance (m).",
            schema={
                "title": "min_length_meters",
                "minimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "trajectory__max_length_meters": Param(
            10000.0,
            description="Drop segments longer than this distance (m).",
            schema={
                "title": "max_length_meters",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "trajectory__max_time_secs": Param(
            3600.0,
            description="Drop segments that take more time than this (s).",
            schema={
                "title": "max_time_secs",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "trajectory__min_time_secs": Param(
            1.0,
            description="Drop segments that take less time than this (s).",
            schema={
                "title": "min_time_secs",
                "minimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "trajectory__max_speed_kmhr": Param(
            120.0,
            description="Drop segments faster than this speed (km/h).",
            schema={
                "title": "max_speed_kmhr",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "trajectory__min_speed_kmhr": Param(
            0.0,
            description="Drop segments slower than this speed (km/h).",
            schema={
                "title": "min_speed_kmhr",
                "minimum": 0,
                "type": "number",
                "section": "trajectory",
            },
        ),
        "home_range_density__crs": Param(
            "ESRI:102022",
            description="The coordinate reference system of the analysis and of the areas, one that is projected and in metres, such as the UTM zone of the place (EPSG:32637) or an equal-area one.",
            schema={"title": "crs", "type": "string", "section": "Home range: Time density"},
        ),
        "home_range_density__nodata_value": Param(
            "nan",
            description="The value of raster cells without data, a number or 'nan'. Accepted so that existing specs work; no raster file is written, so it does not change the areas.",
            schema={
                "title": "nodata_value",
                "anyOf": [{"type": "number"}, {"type": "string"}],
                "section": "Home range: Time density",
            },
        ),
        "home_range_density__band_count": Param(
            1,
            description="The number of bands of the raster. Accepted so that existing specs work; the density is one band, so it does not change the areas.",
            schema={
                "title": "band_count",
                "minimum": 1,
                "type": "integer",
                "section": "Home range: Time density",
            },
        ),
        "home_range_density__max_speed_factor": Param(
            1.05,
            description="The highest possible speed, in multiples of the highest one of the segments.",
            schema={
                "title": "max_speed_factor",
                "minimum": 1,
                "type": "number",
                "section": "Home range: Time density",
            },
        ),
        "home_range_density__expansion_factor": Param(
            1.3,
            description="The extent of the raster, in multiples of that of the segments (1.3 adds 15 % on each side).",
            schema={
                "title": "expansion_factor",
                "minimum": 1,
                "type": "number",
                "section": "Home range: Time density",
            },
        ),
        "home_range_maps__static": Param(
            False,
            description="Whether the map stands still: no zooming, no panning.",
            schema={"title": "static", "type": "boolean", "section": "Home range: Maps"},
        ),
        "home_range_maps__height": Param(
            "100%",
            description="The height of the whole figure, in pixels or as CSS such as '100%'.",
            schema={
                "title": "height",
                "anyOf": [
                    {"maximum": 10000, "minimum": 50, "type": "integer"},
                    {
                        "pattern": "^(?:\\d{1,5}(?:\\.\\d{1,3})?)(?:px|%|em|rem|vh|vw|dvh|dvw)$",
                        "type": "string",
                    },
                ],
                "section": "Home range: Maps",
            },
        ),
        "home_range_maps__width": Param(
            "100%",
            description="The width of the whole figure, in pixels or as CSS such as '100%'.",
            schema={
                "title": "width",
                "anyOf": [
                    {"maximum": 10000, "minimum": 50, "type": "integer"},
                    {
                        "pattern": "^(?:\\d{1,5}(?:\\.\\d{1,3})?)(?:px|%|em|rem|vh|vw|dvh|dvw)$",
                        "type": "string",
                    },
                ],
                "section": "Home range: Maps",
            },
        ),
        "home_range_maps__search_control": Param(
            True,
            description="Whether there is a search box that zooms to the features with a text.",
            schema={"title": "search_control", "type": "boolean", "section": "Home range: Maps"},
        ),
        "home_range_maps__title_kws": Param(
            None,
            description="How the title is set: font_size (px), color, align.",
            schema={
                "title": "TitleOptions",
                "additionalProperties": False,
                "properties": {
                    "font_size": {
                        "anyOf": [{"type": "number"}, {"type": "string"}],
                        "default": 20.0,
                        "description": "In pixels, as a number or as text such as '24px'.",
                        "title": "Font Size",
                    },
                    "color": {
                        "default": "#1d2b33",
                        "description": "'#rrggbb' or a CSS name.",
                        "title": "Color",
                        "type": "string",
                    },
                    "align": {
                        "default": "left",
                        "description": "Where the title stands.",
                        "enum": ["left", "center", "right"],
                        "title": "Align",
                        "type": "string",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "TitleOptions": {
                        "additionalProperties": False,
                        "description": "How the title is set.",
                        "properties": {
                            "font_size": {
                                "anyOf": [{"type": "number"}, {"type": "string"}],
                                "default": 20.0,
                                "description": "In pixels, as a number or as text such as '24px'.",
                                "title": "Font Size",
                            },
                            "color": {
                                "default": "#1d2b33",
                                "description": "'#rrggbb' or a CSS name.",
                                "title": "Color",
                                "type": "string",
                            },
                            "align": {
                                "default": "left",
                                "description": "Where the title stands.",
                                "enum": ["left", "center", "right"],
                                "title": "Align",
                                "type": "string",
                            },
                        },
                        "title": "TitleOptions",
                        "type": "object",
                    }
                },
                "section": "Home range: Maps",
            },
        ),
        "home_range_maps__tile_layers": Param(
            [],
            description="Background tiles, the lowest first; they need a network. None by default.",
            schema={
                "title": "tile_layers",
                "$defs": {
                    "TileLayer": {
                        "additionalProperties": False,
                        "description": "A background layer: a known ``name``, or a ``url`` with its ``attribution``.",
                        "properties": {
                            "name": {
                                "anyOf": [
                                    {
                                        "examples": [
                                            "OpenStreetMap",
                                            "OpenTopoMap",
                                            "Esri World Imagery",
                                            "Esri World Topo",
                                            "Esri World Street",
                                            "ROADMAP",
                                            "SATELLITE",
                                            "TERRAIN",
                                        ],
                                        "type": "string",
                                    },
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "One of the built-in layers.",
                                "title": "Name",
                            },
                            "url": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "Where tiles are, as https://host/{z}/{x}/{y}.png.",
                                "title": "Url",
                            },
                            "attribution": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "Whom to credit, as plain text; a must with a URL of your own.",
                                "title": "Attribution",
                            },
                            "opacity": {
                                "default": 1.0,
                                "description": "From 0 (not seen) to 1 (solid).",
                                "maximum": 1,
                                "minimum": 0,
                                "title": "Opacity",
                                "type": "number",
                            },
                            "max_zoom": {
                                "anyOf": [
                                    {"maximum": 24, "minimum": 0, "type": "integer"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The deepest zoom level that the server has.",
                                "title": "Max Zoom",
                            },
                        },
                        "title": "TileLayer",
                        "type": "object",
                    }
                },
                "items": {
                    "oneOf": [
                        {
                            "examples": [
                                "OpenStreetMap",
                                "OpenTopoMap",
                                "Esri World Imagery",
                                "Esri World Topo",
                                "Esri World Street",
                                "ROADMAP",
                                "SATELLITE",
                                "TERRAIN",
                            ],
                            "type": "string",
                        },
                        {"$ref": "#/$defs/TileLayer"},
                    ]
                },
                "type": "array",
                "section": "Home range: Maps",
            },
        ),
        "home_range_maps__north_arrow_kws": Param(
            None,
            description="The north arrow: position, scale (1 is 44 px), show.",
            schema={
                "title": "NorthArrowOptions",
                "additionalProperties": False,
                "properties": {
                    "position": {
                        "default": "topright",
                        "description": "The corner of the map.",
                        "enum": ["topleft", "topright", "bottomleft", "bottomright"],
                        "title": "Position",
                        "type": "string",
                    },
                    "scale": {
                        "default": 1.0,
                        "description": "Its size, 1 being 44 pixels high.",
                        "exclusiveMinimum": 0,
                        "maximum": 5,
                        "title": "Scale",
                        "type": "number",
                    },
                    "show": {
                        "default": True,
                        "description": "Whether there is one.",
                        "title": "Show",
                        "type": "boolean",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "NorthArrowOptions": {
                        "additionalProperties": False,
                        "description": "Where the north arrow is and how large.",
                        "properties": {
                            "position": {
                                "default": "topright",
                                "description": "The corner of the map.",
                                "enum": ["topleft", "topright", "bottomleft", "bottomright"],
                                "title": "Position",
                                "type": "string",
                            },
                            "scale": {
                                "default": 1.0,
                                "description": "Its size, 1 being 44 pixels high.",
                                "exclusiveMinimum": 0,
                                "maximum": 5,
                                "title": "Scale",
                                "type": "number",
                            },
                            "show": {
                                "default": True,
                                "description": "Whether there is one.",
                                "title": "Show",
                                "type": "boolean",
                            },
                        },
                        "title": "NorthArrowOptions",
                        "type": "object",
                    }
                },
                "section": "Home range: Maps",
            },
        ),
        "home_range_maps__add_gdf_kws": Param(
            None,
            description="How features are drawn: column, colormap, color, opacity, tooltip and more.",
            schema={
                "title": "LayerOptions",
                "additionalProperties": False,
                "properties": {
                    "column": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The column whose values give the colours.",
                        "title": "Column",
                    },
                    "colormap": {
                        "anyOf": [
                            {"type": "string"},
                            {"items": {"type": "string"}, "type": "array"},
                            {"type": "null"},
                        ],
                        "default": None,
                        "description": "A matplotlib colour map such as 'viridis' or 'YlOrRd_r', or a list of colours.",
                        "title": "Colormap",
                    },
                    "color": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "One colour for all features, '#rrggbb' or a CSS name.",
                        "title": "Color",
                    },
                    "opacity": {
                        "anyOf": [{"maximum": 1, "minimum": 0, "type": "number"}, {"type": "null"}],
                        "default": None,
                        "description": "From 0 (not seen) to 1 (solid); the default is 1, above tiles 0.75.",
                        "title": "Opacity",
                    },
                    "line_width": {
                        "anyOf": [
                            {"maximum": 20, "minimum": 0, "type": "number"},
                            {"type": "null"},
                        ],
                        "default": None,
                        "description": "The width of lines and outlines, in pixels.",
                        "title": "Line Width",
                    },
                    "radius": {
                        "default": 4.0,
                        "description": "The radius of points, in pixels.",
                        "maximum": 50,
                        "minimum": 1,
                        "title": "Radius",
                        "type": "number",
                    },
                    "classes": {
                        "default": 6,
                        "description": "How many classes a column of many numbers is cut into.",
                        "maximum": 9,
                        "minimum": 2,
                        "title": "Classes",
                        "type": "integer",
                    },
                    "scheme": {
                        "default": "quantiles",
                        "description": "Classes with equally many features, or of equal width.",
                        "enum": ["quantiles", "equal"],
                        "title": "Scheme",
                        "type": "string",
                    },
                    "legend": {
                        "default": True,
                        "description": "Whether a legend is shown.",
                        "title": "Legend",
                        "type": "boolean",
                    },
                    "legend_title": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The legend's title instead of the column's name.",
                        "title": "Legend Title",
                    },
                    "tooltip": {
                        "anyOf": [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}],
                        "default": None,
                        "description": "The columns shown when pointing at a feature; the default is the first 12.",
                        "title": "Tooltip",
                    },
                    "search_column": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The column that the search box looks in; the default is a text column.",
                        "title": "Search Column",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "LayerOptions": {
                        "additionalProperties": False,
                        "description": "How the features of a frame are drawn.",
                        "properties": {
                            "column": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The column whose values give the colours.",
                                "title": "Column",
                            },
                            "colormap": {
                                "anyOf": [
                                    {"type": "string"},
                                    {"items": {"type": "string"}, "type": "array"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "A matplotlib colour map such as 'viridis' or 'YlOrRd_r', or a list of colours.",
                                "title": "Colormap",
                            },
                            "color": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "One colour for all features, '#rrggbb' or a CSS name.",
                                "title": "Color",
                            },
                            "opacity": {
                                "anyOf": [
                                    {"maximum": 1, "minimum": 0, "type": "number"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "From 0 (not seen) to 1 (solid); the default is 1, above tiles 0.75.",
                                "title": "Opacity",
                            },
                            "line_width": {
                                "anyOf": [
                                    {"maximum": 20, "minimum": 0, "type": "number"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The width of lines and outlines, in pixels.",
                                "title": "Line Width",
                            },
                            "radius": {
                                "default": 4.0,
                                "description": "The radius of points, in pixels.",
                                "maximum": 50,
                                "minimum": 1,
                                "title": "Radius",
                                "type": "number",
                            },
                            "classes": {
                                "default": 6,
                                "description": "How many classes a column of many numbers is cut into.",
                                "maximum": 9,
                                "minimum": 2,
                                "title": "Classes",
                                "type": "integer",
                            },
                            "scheme": {
                                "default": "quantiles",
                                "description": "Classes with equally many features, or of equal width.",
                                "enum": ["quantiles", "equal"],
                                "title": "Scheme",
                                "type": "string",
                            },
                            "legend": {
                                "default": True,
                                "description": "Whether a legend is shown.",
                                "title": "Legend",
                                "type": "boolean",
                            },
                            "legend_title": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The legend's title instead of the column's name.",
                                "title": "Legend Title",
                            },
                            "tooltip": {
                                "anyOf": [
                                    {"items": {"type": "string"}, "type": "array"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The columns shown when pointing at a feature; the default is the first 12.",
                                "title": "Tooltip",
                            },
                            "search_column": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The column that the search box looks in; the default is a text column.",
                                "title": "Search Column",
                            },
                        },
                        "title": "LayerOptions",
                        "type": "object",
                    }
                },
                "section": "Home range: Maps",
            },
        ),
        "core_area_density__crs": Param(
            "ESRI:102022",
            description="The coordinate reference system of the analysis and of the areas, one that is projected and in metres, such as the UTM zone of the place (EPSG:32637) or an equal-area one.",
            schema={"title": "crs", "type": "string", "section": "Core area: Time density"},
        ),
        "core_area_density__nodata_value": Param(
            "nan",
            description="The value of raster cells without data, a number or 'nan'. Accepted so that existing specs work; no raster file is written, so it does not change the areas.",
            schema={
                "title": "nodata_value",
                "anyOf": [{"type": "number"}, {"type": "string"}],
                "section": "Core area: Time density",
            },
        ),
        "core_area_density__band_count": Param(
            1,
            description="The number of bands of the raster. Accepted so that existing specs work; the density is one band, so it does not change the areas.",
            schema={
                "title": "band_count",
                "minimum": 1,
                "type": "integer",
                "section": "Core area: Time density",
            },
        ),
        "core_area_density__max_speed_factor": Param(
            1.05,
            description="The highest possible speed, in multiples of the highest one of the segments.",
            schema={
                "title": "max_speed_factor",
                "minimum": 1,
                "type": "number",
                "section": "Core area: Time density",
            },
        ),
        "core_area_density__expansion_factor": Param(
            1.3,
            description="The extent of the raster, in multiples of that of the segments (1.3 adds 15 % on each side).",
            schema={
                "title": "expansion_factor",
                "minimum": 1,
                "type": "number",
                "section": "Core area: Time density",
            },
        ),
        "core_area_maps__static": Param(
            False,
            description="Whether the map stands still: no zooming, no panning.",
            schema={"title": "static", "type": "boolean", "section": "Core area: Maps"},
        ),
        "core_area_maps__height": Param(
            "100%",
            description="The height of the whole figure, in pixels or as CSS such as '100%'.",
            schema={
                "title": "height",
                "anyOf": [
                    {"maximum": 10000, "minimum": 50, "type": "integer"},
                    {
                        "pattern": "^(?:\\d{1,5}(?:\\.\\d{1,3})?)(?:px|%|em|rem|vh|vw|dvh|dvw)$",
                        "type": "string",
                    },
                ],
                "section": "Core area: Maps",
            },
        ),
        "core_area_maps__width": Param(
            "100%",
            description="The width of the whole figure, in pixels or as CSS such as '100%'.",
            schema={
                "title": "width",
                "anyOf": [
                    {"maximum": 10000, "minimum": 50, "type": "integer"},
                    {
                        "pattern": "^(?:\\d{1,5}(?:\\.\\d{1,3})?)(?:px|%|em|rem|vh|vw|dvh|dvw)$",
                        "type": "string",
                    },
                ],
                "section": "Core area: Maps",
            },
        ),
        "core_area_maps__search_control": Param(
            True,
            description="Whether there is a search box that zooms to the features with a text.",
            schema={"title": "search_control", "type": "boolean", "section": "Core area: Maps"},
        ),
        "core_area_maps__title_kws": Param(
            None,
            description="How the title is set: font_size (px), color, align.",
            schema={
                "title": "TitleOptions",
                "additionalProperties": False,
                "properties": {
                    "font_size": {
                        "anyOf": [{"type": "number"}, {"type": "string"}],
                        "default": 20.0,
                        "description": "In pixels, as a number or as text such as '24px'.",
                        "title": "Font Size",
                    },
                    "color": {
                        "default": "#1d2b33",
                        "description": "'#rrggbb' or a CSS name.",
                        "title": "Color",
                        "type": "string",
                    },
                    "align": {
                        "default": "left",
                        "description": "Where the title stands.",
                        "enum": ["left", "center", "right"],
                        "title": "Align",
                        "type": "string",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "TitleOptions": {
                        "additionalProperties": False,
                        "description": "How the title is set.",
                        "properties": {
                            "font_size": {
                                "anyOf": [{"type": "number"}, {"type": "string"}],
                                "default": 20.0,
                                "description": "In pixels, as a number or as text such as '24px'.",
                                "title": "Font Size",
                            },
                            "color": {
                                "default": "#1d2b33",
                                "description": "'#rrggbb' or a CSS name.",
                                "title": "Color",
                                "type": "string",
                            },
                            "align": {
                                "default": "left",
                                "description": "Where the title stands.",
                                "enum": ["left", "center", "right"],
                                "title": "Align",
                                "type": "string",
                            },
                        },
                        "title": "TitleOptions",
                        "type": "object",
                    }
                },
                "section": "Core area: Maps",
            },
        ),
        "core_area_maps__tile_layers": Param(
            [],
            description="Background tiles, the lowest first; they need a network. None by default.",
            schema={
                "title": "tile_layers",
                "$defs": {
                    "TileLayer": {
                        "additionalProperties": False,
                        "description": "A background layer: a known ``name``, or a ``url`` with its ``attribution``.",
                        "properties": {
                            "name": {
                                "anyOf": [
                                    {
                                        "examples": [
                                            "OpenStreetMap",
                                            "OpenTopoMap",
                                            "Esri World Imagery",
                                            "Esri World Topo",
                                            "Esri World Street",
                                            "ROADMAP",
                                            "SATELLITE",
                                            "TERRAIN",
                                        ],
                                        "type": "string",
                                    },
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "One of the built-in layers.",
                                "title": "Name",
                            },
                            "url": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "Where tiles are, as https://host/{z}/{x}/{y}.png.",
                                "title": "Url",
                            },
                            "attribution": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "Whom to credit, as plain text; a must with a URL of your own.",
                                "title": "Attribution",
                            },
                            "opacity": {
                                "default": 1.0,
                                "description": "From 0 (not seen) to 1 (solid).",
                                "maximum": 1,
                                "minimum": 0,
                                "title": "Opacity",
                                "type": "number",
                            },
                            "max_zoom": {
                                "anyOf": [
                                    {"maximum": 24, "minimum": 0, "type": "integer"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The deepest zoom level that the server has.",
                                "title": "Max Zoom",
                            },
                        },
                        "title": "TileLayer",
                        "type": "object",
                    }
                },
                "items": {
                    "oneOf": [
                        {
                            "examples": [
                                "OpenStreetMap",
                                "OpenTopoMap",
                                "Esri World Imagery",
                                "Esri World Topo",
                                "Esri World Street",
                                "ROADMAP",
                                "SATELLITE",
                                "TERRAIN",
                            ],
                            "type": "string",
                        },
                        {"$ref": "#/$defs/TileLayer"},
                    ]
                },
                "type": "array",
                "section": "Core area: Maps",
            },
        ),
        "core_area_maps__north_arrow_kws": Param(
            None,
            description="The north arrow: position, scale (1 is 44 px), show.",
            schema={
                "title": "NorthArrowOptions",
                "additionalProperties": False,
                "properties": {
                    "position": {
                        "default": "topright",
                        "description": "The corner of the map.",
                        "enum": ["topleft", "topright", "bottomleft", "bottomright"],
                        "title": "Position",
                        "type": "string",
                    },
                    "scale": {
                        "default": 1.0,
                        "description": "Its size, 1 being 44 pixels high.",
                        "exclusiveMinimum": 0,
                        "maximum": 5,
                        "title": "Scale",
                        "type": "number",
                    },
                    "show": {
                        "default": True,
                        "description": "Whether there is one.",
                        "title": "Show",
                        "type": "boolean",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "NorthArrowOptions": {
                        "additionalProperties": False,
                        "description": "Where the north arrow is and how large.",
                        "properties": {
                            "position": {
                                "default": "topright",
                                "description": "The corner of the map.",
                                "enum": ["topleft", "topright", "bottomleft", "bottomright"],
                                "title": "Position",
                                "type": "string",
                            },
                            "scale": {
                                "default": 1.0,
                                "description": "Its size, 1 being 44 pixels high.",
                                "exclusiveMinimum": 0,
                                "maximum": 5,
                                "title": "Scale",
                                "type": "number",
                            },
                            "show": {
                                "default": True,
                                "description": "Whether there is one.",
                                "title": "Show",
                                "type": "boolean",
                            },
                        },
                        "title": "NorthArrowOptions",
                        "type": "object",
                    }
                },
                "section": "Core area: Maps",
            },
        ),
        "core_area_maps__add_gdf_kws": Param(
            None,
            description="How features are drawn: column, colormap, color, opacity, tooltip and more.",
            schema={
                "title": "LayerOptions",
                "additionalProperties": False,
                "properties": {
                    "column": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The column whose values give the colours.",
                        "title": "Column",
                    },
                    "colormap": {
                        "anyOf": [
                            {"type": "string"},
                            {"items": {"type": "string"}, "type": "array"},
                            {"type": "null"},
                        ],
                        "default": None,
                        "description": "A matplotlib colour map such as 'viridis' or 'YlOrRd_r', or a list of colours.",
                        "title": "Colormap",
                    },
                    "color": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "One colour for all features, '#rrggbb' or a CSS name.",
                        "title": "Color",
                    },
                    "opacity": {
                        "anyOf": [{"maximum": 1, "minimum": 0, "type": "number"}, {"type": "null"}],
                        "default": None,
                        "description": "From 0 (not seen) to 1 (solid); the default is 1, above tiles 0.75.",
                        "title": "Opacity",
                    },
                    "line_width": {
                        "anyOf": [
                            {"maximum": 20, "minimum": 0, "type": "number"},
                            {"type": "null"},
                        ],
                        "default": None,
                        "description": "The width of lines and outlines, in pixels.",
                        "title": "Line Width",
                    },
                    "radius": {
                        "default": 4.0,
                        "description": "The radius of points, in pixels.",
                        "maximum": 50,
                        "minimum": 1,
                        "title": "Radius",
                        "type": "number",
                    },
                    "classes": {
                        "default": 6,
                        "description": "How many classes a column of many numbers is cut into.",
                        "maximum": 9,
                        "minimum": 2,
                        "title": "Classes",
                        "type": "integer",
                    },
                    "scheme": {
                        "default": "quantiles",
                        "description": "Classes with equally many features, or of equal width.",
                        "enum": ["quantiles", "equal"],
                        "title": "Scheme",
                        "type": "string",
                    },
                    "legend": {
                        "default": True,
                        "description": "Whether a legend is shown.",
                        "title": "Legend",
                        "type": "boolean",
                    },
                    "legend_title": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The legend's title instead of the column's name.",
                        "title": "Legend Title",
                    },
                    "tooltip": {
                        "anyOf": [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}],
                        "default": None,
                        "description": "The columns shown when pointing at a feature; the default is the first 12.",
                        "title": "Tooltip",
                    },
                    "search_column": {
                        "anyOf": [{"type": "string"}, {"type": "null"}],
                        "default": None,
                        "description": "The column that the search box looks in; the default is a text column.",
                        "title": "Search Column",
                    },
                },
                "type": ["object", "null"],
                "$defs": {
                    "LayerOptions": {
                        "additionalProperties": False,
                        "description": "How the features of a frame are drawn.",
                        "properties": {
                            "column": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The column whose values give the colours.",
                                "title": "Column",
                            },
                            "colormap": {
                                "anyOf": [
                                    {"type": "string"},
                                    {"items": {"type": "string"}, "type": "array"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "A matplotlib colour map such as 'viridis' or 'YlOrRd_r', or a list of colours.",
                                "title": "Colormap",
                            },
                            "color": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "One colour for all features, '#rrggbb' or a CSS name.",
                                "title": "Color",
                            },
                            "opacity": {
                                "anyOf": [
                                    {"maximum": 1, "minimum": 0, "type": "number"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "From 0 (not seen) to 1 (solid); the default is 1, above tiles 0.75.",
                                "title": "Opacity",
                            },
                            "line_width": {
                                "anyOf": [
                                    {"maximum": 20, "minimum": 0, "type": "number"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The width of lines and outlines, in pixels.",
                                "title": "Line Width",
                            },
                            "radius": {
                                "default": 4.0,
                                "description": "The radius of points, in pixels.",
                                "maximum": 50,
                                "minimum": 1,
                                "title": "Radius",
                                "type": "number",
                            },
                            "classes": {
                                "default": 6,
                                "description": "How many classes a column of many numbers is cut into.",
                                "maximum": 9,
                                "minimum": 2,
                                "title": "Classes",
                                "type": "integer",
                            },
                            "scheme": {
                                "default": "quantiles",
                                "description": "Classes with equally many features, or of equal width.",
                                "enum": ["quantiles", "equal"],
                                "title": "Scheme",
                                "type": "string",
                            },
                            "legend": {
                                "default": True,
                                "description": "Whether a legend is shown.",
                                "title": "Legend",
                                "type": "boolean",
                            },
                            "legend_title": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The legend's title instead of the column's name.",
                                "title": "Legend Title",
                            },
                            "tooltip": {
                                "anyOf": [
                                    {"items": {"type": "string"}, "type": "array"},
                                    {"type": "null"},
                                ],
                                "default": None,
                                "description": "The columns shown when pointing at a feature; the default is the first 12.",
                                "title": "Tooltip",
                            },
                            "search_column": {
                                "anyOf": [{"type": "string"}, {"type": "null"}],
                                "default": None,
                                "description": "The column that the search box looks in; the default is a text column.",
                                "title": "Search Column",
                            },
                        },
                        "title": "LayerOptions",
                        "type": "object",
                    }
                },
                "section": "Core area: Maps",
            },
        ),
        "cache_root": Param(
            ".ecoflows/cache",
            description="Where results live: a URL.",
            schema={"type": "string", "minLength": 1, "title": "cache_root", "section": "ecoflows"},
        ),
    },
) as dag:
    groups = {}
    groups["Tracks"] = TaskGroup(
        group_id="Tracks",
        tooltip="Tracks",
        prefix_group_id=False,
    )

    fixes = KubernetesPodOperator(
        **POD,
        task_id="fixes",
        task_display_name="fixes",
        doc_md="Read the fixes of one or more animals from a file.",
        task_group=groups["Tracks"],
        trigger_rule="none_failed",
        retries=0,
        name="fixes",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.io.observations:load_observations"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "density_by_subject"'
                ', "instance": "fixes"'
                ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
                ', "parameters": { '
                "\"path\": {{ json(params['fixes__path']) }}, "
                "\"subject_column\": {{ json(params['fixes__subject_column']) }}, "
                "\"time_column\": {{ json(params['fixes__time_column']) }}, "
                "\"longitude_column\": {{ json(params['fixes__longitude_column']) }}, "
                "\"latitude_column\": {{ json(params['fixes__latitude_column']) }}, "
                "\"id_column\": {{ json(params['fixes__id_column']) }}, "
                "\"junk_column\": {{ json(params['fixes__junk_column']) }}, "
                "\"crs\": {{ json(params['fixes__crs']) }}, "
                "\"timezone\": {{ json(params['fixes__timezone']) }}, "
                "\"time_format\": {{ json(params['fixes__time_format']) }}, "
                "\"layer\": {{ json(params['fixes__layer']) }}, "
                "\"drop_missing_positions\": {{ json(params['fixes__drop_missing_positions']) }}"
                " }"
                ', "known": ["fixes__path", "fixes__subject_column", "fixes__time_column", "fixes__longitude_column", "fixes__latitude_column", "fixes__id_column", "fixes__junk_column", "fixes__crs", "fixes__timezone", "fixes__time_format", "fixes__layer", "fixes__drop_missing_positions", "relocations__filter_point_coords", "relocations__relocs_columns", "trajectory__min_length_meters", "trajectory__max_length_meters", "trajectory__max_time_secs", "trajectory__min_time_secs", "trajectory__max_speed_kmhr", "trajectory__min_speed_kmhr", "home_range_density__crs", "home_range_density__nodata_value", "home_range_density__band_count", "home_range_density__max_speed_factor", "home_range_density__expansion_factor", "home_range_maps__static", "home_range_maps__height", "home_range_maps__width", "home_range_maps__search_control", "home_range_maps__title_kws", "home_range_maps__tile_layers", "home_range_maps__north_arrow_kws", "home_range_maps__add_gdf_kws", "core_area_density__crs", "core_area_density__nodata_value", "core_area_density__band_count", "core_area_density__max_speed_factor", "core_area_density__expansion_factor", "core_area_maps__static", "core_area_maps__height", "core_area_maps__width", "core_area_maps__search_control", "core_area_maps__title_kws", "core_area_maps__tile_layers", "core_area_maps__north_arrow_kws", "core_area_maps__add_gdf_kws", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    relocations = KubernetesPodOperator(
        **POD,
        task_id="relocations",
        task_display_name="relocations",
        doc_md="Drop the fixes that are known to be wrong and sort the rest by time.",
        task_group=groups["Tracks"],
        trigger_rule="none_failed",
        retries=0,
        name="relocations",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.preprocessing.relocations:process_relocations"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "density_by_subject"'
                ', "instance": "relocations"'
                ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
                ', "arguments": {"observations": {"\\u0024artifact": "fixes"}}'
                ', "parameters": { '
                "\"filter_point_coords\": {{ json(params['relocations__filter_point_coords']) }}, "
                "\"relocs_columns\": {{ json(params['relocations__relocs_columns']) }}"
                " }"
                " }"
            )
        },
    )

    trajectory = KubernetesPodOperator(
        **POD,
        task_id="trajectory",
        task_display_name="trajectory",
        doc_md="Connect the fixes of each subject, in time order, to straight segments.",
        task_group=groups["Tracks"],
        trigger_rule="none_failed",
        retries=0,
        name="trajectory",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.preprocessing.trajectory:relocations_to_trajectory"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "density_by_subject"'
                ', "instance": "trajectory"'
                ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
                ', "arguments": {"relocations": {"\\u0024artifact": "relocations"}}'
                ', "parameters": { '
                "\"min_length_meters\": {{ json(params['trajectory__min_length_meters']) }}, "
                "\"max_length_meters\": {{ json(params['trajectory__max_length_meters']) }}, "
                "\"max_time_secs\": {{ json(params['trajectory__max_time_secs']) }}, "
                "\"min_time_secs\": {{ json(params['trajectory__min_time_secs']) }}, "
                "\"max_speed_kmhr\": {{ json(params['trajectory__max_speed_kmhr']) }}, "
                "\"min_speed_kmhr\": {{ json(params['trajectory__min_speed_kmhr']) }}"
                " }"
                " }"
            )
        },
    )

    groupers = KubernetesPodOperator(
        **POD,
        task_id="groupers",
        task_display_name="groupers",
        doc_md="Say once what tables and dashboards are grouped by, for all tasks that need to know.",
        task_group=groups["Tracks"],
        trigger_rule="none_failed",
        retries=0,
        name="groupers",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.groupby.groupers:set_groupers"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "density_by_subject"'
                ', "instance": "groupers"'
                ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
                ', "arguments": {"groupers": [{"index_name": "groupby_col", "display_name": "Animal"}]}'
                ', "known": ["fixes__path", "fixes__subject_column", "fixes__time_column", "fixes__longitude_column", "fixes__latitude_column", "fixes__id_column", "fixes__junk_column", "fixes__crs", "fixes__timezone", "fixes__time_format", "fixes__layer", "fixes__drop_missing_positions", "relocations__filter_point_coords", "relocations__relocs_columns", "trajectory__min_length_meters", "trajectory__max_length_meters", "trajectory__max_time_secs", "trajectory__min_time_secs", "trajectory__max_speed_kmhr", "trajectory__min_speed_kmhr", "home_range_density__crs", "home_range_density__nodata_value", "home_range_density__band_count", "home_range_density__max_speed_factor", "home_range_density__expansion_factor", "home_range_maps__static", "home_range_maps__height", "home_range_maps__width", "home_range_maps__search_control", "home_range_maps__title_kws", "home_range_maps__tile_layers", "home_range_maps__north_arrow_kws", "home_range_maps__add_gdf_kws", "core_area_density__crs", "core_area_density__nodata_value", "core_area_density__band_count", "core_area_density__max_speed_factor", "core_area_density__expansion_factor", "core_area_maps__static", "core_area_maps__height", "core_area_maps__width", "core_area_maps__search_control", "core_area_maps__title_kws", "core_area_maps__tile_layers", "core_area_maps__north_arrow_kws", "core_area_maps__add_gdf_kws", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    tracks = KubernetesPodOperator(
        **POD,
        task_id="tracks",
        task_display_name="tracks",
        doc_md="Split a table into one table for each combination of values that occurs in it.",
        task_group=groups["Tracks"],
        trigger_rule="none_failed",
        retries=0,
        name="tracks",
        image="our/tasks:1",
        arguments=[
            "run-task",
            "ecoflows.tasks.groupby.splitting:split_groups",
            "--answer",
            "/airflow/xcom/return.json",
        ],
        do_xcom_push=True,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "density_by_subject"'
                ', "instance": "tracks"'
                ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
                ', "arguments": {"df": {"\\u0024artifact": "trajectory"}, "groupers": {"\\u0024artifact": "groupers"}}'
                " }"
            )
        },
    )

    home_range_density_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "density_by_subject"'
        ', "instance": "home_range.density"'
        ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
        ', "arguments": {"pixel_size": 250, "percentiles": [50.0, 60.0, 70.0, 80.0, 90.0, 95.0]}'
        ', "map": {"argnames": ["trajectory_gdf"], "values": {"\\u0024artifact": "tracks"}, "keyed": true, "on_error": "skip"}'
        ', "parameters": { '
        "\"crs\": {{ json(params['home_range_density__crs']) }}, "
        "\"nodata_value\": {{ json(params['home_range_density__nodata_value']) }}, "
        "\"band_count\": {{ json(params['home_range_density__band_count']) }}, "
        "\"max_speed_factor\": {{ json(params['home_range_density__max_speed_factor']) }}, "
        "\"expansion_factor\": {{ json(params['home_range_density__expansion_factor']) }}"
        " }"
        " }"
    )
    home_range_density_elements = share_out.override(
        task_id="home_range.density.elements",
        task_display_name="Home range: Time density: elements",
    )(
        tracks.output,
        100,
        ["run-task", "ecoflows.tasks.analysis.time_density:calculate_time_density"],
    )
    home_range_density = KubernetesPodOperator.partial(
        **POD,
        task_id="home_range.density",
        task_display_name="Home range: Time density",
        doc_md="Outline the areas in which the animal spends given shares of its time.",
        trigger_rule="none_failed",
        retries=0,
        name="home-range-density",
        image="our/tasks:1",
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": home_range_density_call},
    ).expand(arguments=home_range_density_elements)
    home_range_density_ended = ended.override(
        task_id="home_range.density.ended",
        task_display_name="Home range: Time density: ended",
    )()
    home_range_density_collect = KubernetesPodOperator(
        **POD,
        task_id="home_range.density.collect",
        task_display_name="Home range: Time density: all elements",
        doc_md="Outline the areas in which the animal spends given shares of its time.",
        trigger_rule="none_failed",
        retries=0,
        name="home-range-density",
        image="our/tasks:1",
        arguments=[
            "run-task",
            "ecoflows.tasks.analysis.time_density:calculate_time_density",
            "--collect",
            "--answer",
            "/airflow/xcom/return.json",
        ],
        do_xcom_push=True,
        env_vars={"ECOFLOWS_CALL": home_range_density_call},
    )

    home_range_maps_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "density_by_subject"'
        ', "instance": "home_range.maps"'
        ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
        ', "arguments": {"title": "Where the animal spends its time"}'
        ', "map": {"argnames": ["geodataframe"], "values": {"\\u0024artifact": "home_range.density"}, "keyed": true, "on_error": "fail"}'
        ', "parameters": { '
        "\"static\": {{ json(params['home_range_maps__static']) }}, "
        "\"height\": {{ json(params['home_range_maps__height']) }}, "
        "\"width\": {{ json(params['home_range_maps__width']) }}, "
        "\"search_control\": {{ json(params['home_range_maps__search_control']) }}, "
        "\"title_kws\": {{ json(params['home_range_maps__title_kws']) }}, "
        "\"tile_layers\": {{ json(params['home_range_maps__tile_layers']) }}, "
        "\"north_arrow_kws\": {{ json(params['home_range_maps__north_arrow_kws']) }}, "
        "\"add_gdf_kws\": {{ json(params['home_range_maps__add_gdf_kws']) }}"
        " }"
        " }"
    )
    home_range_maps_elements = share_out.override(
        task_id="home_range.maps.elements",
        task_display_name="Home range: Maps: elements",
    )(
        home_range_density_collect.output,
        100,
        ["run-task", "ecoflows.tasks.results.ecomap:draw_ecomap"],
    )
    home_range_maps = KubernetesPodOperator.partial(
        **POD,
        task_id="home_range.maps",
        task_display_name="Home range: Maps",
        doc_md="Draw a frame as an interactive map: one HTML page that opens offline by double click.",
        trigger_rule="none_failed",
        retries=0,
        name="home-range-maps",
        image="our/tasks:1",
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": home_range_maps_call},
    ).expand(arguments=home_range_maps_elements)
    home_range_maps_collect = KubernetesPodOperator(
        **POD,
        task_id="home_range.maps.collect",
        task_display_name="Home range: Maps: all elements",
        doc_md="Draw a frame as an interactive map: one HTML page that opens offline by double click.",
        trigger_rule="none_failed",
        retries=0,
        name="home-range-maps",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.results.ecomap:draw_ecomap", "--collect"],
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": home_range_maps_call},
    )

    core_area_density_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "density_by_subject"'
        ', "instance": "core_area.density"'
        ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
        ', "arguments": {"pixel_size": 250, "percentiles": [25.0, 50.0]}'
        ', "map": {"argnames": ["trajectory_gdf"], "values": {"\\u0024artifact": "tracks"}, "keyed": true, "on_error": "skip"}'
        ', "parameters": { '
        "\"crs\": {{ json(params['core_area_density__crs']) }}, "
        "\"nodata_value\": {{ json(params['core_area_density__nodata_value']) }}, "
        "\"band_count\": {{ json(params['core_area_density__band_count']) }}, "
        "\"max_speed_factor\": {{ json(params['core_area_density__max_speed_factor']) }}, "
        "\"expansion_factor\": {{ json(params['core_area_density__expansion_factor']) }}"
        " }"
        " }"
    )
    core_area_density_elements = share_out.override(
        task_id="core_area.density.elements",
        task_display_name="Core area: Time density: elements",
    )(
        tracks.output,
        100,
        ["run-task", "ecoflows.tasks.analysis.time_density:calculate_time_density"],
    )
    core_area_density = KubernetesPodOperator.partial(
        **POD,
        task_id="core_area.density",
        task_display_name="Core area: Time density",
        doc_md="Outline the areas in which the animal spends given shares of its time.",
        trigger_rule="none_failed",
        retries=0,
        name="core-area-density",
        image="our/tasks:1",
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": core_area_density_call},
    ).expand(arguments=core_area_density_elements)
    core_area_density_ended = ended.override(
        task_id="core_area.density.ended",
        task_display_name="Core area: Time density: ended",
    )()
    core_area_density_collect = KubernetesPodOperator(
        **POD,
        task_id="core_area.density.collect",
        task_display_name="Core area: Time density: all elements",
        doc_md="Outline the areas in which the animal spends given shares of its time.",
        trigger_rule="none_failed",
        retries=0,
        name="core-area-density",
        image="our/tasks:1",
        arguments=[
            "run-task",
            "ecoflows.tasks.analysis.time_density:calculate_time_density",
            "--collect",
            "--answer",
            "/airflow/xcom/return.json",
        ],
        do_xcom_push=True,
        env_vars={"ECOFLOWS_CALL": core_area_density_call},
    )

    core_area_maps_call = AS_JSON + (
        "{ \"cache_root\": {{ json(params['cache_root']) }}"
        ', "run": {{ json(run_id) }}'
        ', "workflow": "density_by_subject"'
        ', "instance": "core_area.maps"'
        ', "skipif": ["any_is_empty_df", "any_dependency_skipped"]'
        ', "arguments": {"title": "Where the animal spends half of its time"}'
        ', "map": {"argnames": ["geodataframe"], "values": {"\\u0024artifact": "core_area.density"}, "keyed": true, "on_error": "fail"}'
        ', "parameters": { '
        "\"static\": {{ json(params['core_area_maps__static']) }}, "
        "\"height\": {{ json(params['core_area_maps__height']) }}, "
        "\"width\": {{ json(params['core_area_maps__width']) }}, "
        "\"search_control\": {{ json(params['core_area_maps__search_control']) }}, "
        "\"title_kws\": {{ json(params['core_area_maps__title_kws']) }}, "
        "\"tile_layers\": {{ json(params['core_area_maps__tile_layers']) }}, "
        "\"north_arrow_kws\": {{ json(params['core_area_maps__north_arrow_kws']) }}, "
        "\"add_gdf_kws\": {{ json(params['core_area_maps__add_gdf_kws']) }}"
        " }"
        " }"
    )
    core_area_maps_elements = share_out.override(
        task_id="core_area.maps.elements",
        task_display_name="Core area: Maps: elements",
    )(
        core_area_density_collect.output,
        100,
        ["run-task", "ecoflows.tasks.results.ecomap:draw_ecomap"],
    )
    core_area_maps = KubernetesPodOperator.partial(
        **POD,
        task_id="core_area.maps",
        task_display_name="Core area: Maps",
        doc_md="Draw a frame as an interactive map: one HTML page that opens offline by double click.",
        trigger_rule="none_failed",
        retries=0,
        name="core-area-maps",
        image="our/tasks:1",
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": core_area_maps_call},
    ).expand(arguments=core_area_maps_elements)
    core_area_maps_collect = KubernetesPodOperator(
        **POD,
        task_id="core_area.maps.collect",
        task_display_name="Core area: Maps: all elements",
        doc_md="Draw a frame as an interactive map: one HTML page that opens offline by double click.",
        trigger_rule="none_failed",
        retries=0,
        name="core-area-maps",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.results.ecomap:draw_ecomap", "--collect"],
        do_xcom_push=False,
        env_vars={"ECOFLOWS_CALL": core_area_maps_call},
    )

    fixes >> relocations
    relocations >> trajectory
    [trajectory, groupers] >> tracks
    tracks >> home_range_density
    home_range_density >> home_range_density_ended
    [tracks, home_range_density_elements, home_range_density_ended] >> home_range_density_collect
    home_range_density_collect >> home_range_maps
    home_range_maps >> home_range_maps_collect
    tracks >> core_area_density
    core_area_density >> core_area_density_ended
    [tracks, core_area_density_elements, core_area_density_ended] >> core_area_density_collect
    core_area_density_collect >> core_area_maps
    core_area_maps >> core_area_maps_collect
