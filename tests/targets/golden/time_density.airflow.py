# Compiled from time_density.yaml.
# Do not edit: compile the spec again. Runs on Airflow 2.10+ and 3.x.

from __future__ import annotations

from datetime import datetime

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

try:  # Airflow 3
    from airflow.sdk import DAG, Param
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models.param import Param


AS_JSON = "{% macro json(value) %}{{ value | tojson | replace('$', '\\\\u0024') | replace('{{', '{\\\\u007b') | replace('{%', '{\\\\u0025') | replace('{#', '{\\\\u0023') }}{% endmacro %}"

POD = {
    "kubernetes_conn_id": "kubernetes_default",
    "cmds": ["ecoflows"],
    "labels": {
        "app.kubernetes.io/managed-by": "ecoflows",
        "app.kubernetes.io/part-of": "time_density",
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

with DAG(
    dag_id="time_density",
    description="time_density, compiled by ecoflows",
    doc_md="Compiled from time_density.yaml.\n",
    schedule=None,
    start_date=datetime.fromisoformat("2024-01-01T00:00:00+00:00"),
    catchup=False,
    max_active_runs=1,
    params={
        "load_observations__path": Param(
            description="The file: a path or a URL such as s3://bucket/fixes.parquet. GeoParquet or Parquet (.parquet, .geoparquet, .pq), GeoPackage (.gpkg), GeoJSON (.geojson, .json) or CSV (.csv; UTF-8, columns parted by comma, semicolon, tab or bar).",
            schema={
                "title": "path",
                "minLength": 1,
                "type": "string",
                "section": "load_observations",
            },
        ),
        "load_observations__subject_column": Param(
            "groupby_col",
            description="The column with the id or the name of the animal.",
            schema={"title": "subject_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__time_column": Param(
            "fixtime",
            description="The column with the time of the fix.",
            schema={"title": "time_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__longitude_column": Param(
            "longitude",
            description="The column with the longitude (degrees, or x in crs); not used with geometries.",
            schema={"title": "longitude_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__latitude_column": Param(
            "latitude",
            description="The column with the latitude (degrees, or y in crs); not used with geometries.",
            schema={"title": "latitude_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__id_column": Param(
            "id",
            description="The column with the id of the fix; rows keep their numbers without it.",
            schema={"title": "id_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__junk_column": Param(
            "junk_status",
            description="The column that says which fixes are wrong; none are without it.",
            schema={"title": "junk_column", "type": "string", "section": "load_observations"},
        ),
        "load_observations__crs": Param(
            None,
            description="The coordinate reference system of the file's coordinates, where the file does not say. Longitude and latitude columns are taken as EPSG:4326 (degrees, WGS84) without it.",
            schema={"title": "crs", "type": ["string", "null"], "section": "load_observations"},
        ),
        "load_observations__timezone": Param(
            "UTC",
            description="The time zone of times that have no offset, such as Africa/Nairobi.",
            schema={"title": "timezone", "type": "string", "section": "load_observations"},
        ),
        "load_observations__time_format": Param(
            None,
            description="How times are written, such as %d/%m/%Y %H:%M:%S; ISO 8601 without it.",
            schema={
                "title": "time_format",
                "type": ["string", "null"],
                "section": "load_observations",
            },
        ),
        "load_observations__layer": Param(
            None,
            description="The layer of a GeoPackage that has more than one.",
            schema={"title": "layer", "type": ["string", "null"], "section": "load_observations"},
        ),
        "load_observations__drop_missing_positions": Param(
            False,
            description="Leave out fixes without a position instead of refusing the file.",
            schema={
                "title": "drop_missing_positions",
                "type": "boolean",
                "section": "load_observations",
            },
        ),
        "process_relocations__filter_point_coords": Param(
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
                "section": "process_relocations",
            },
        ),
        "process_relocations__relocs_columns": Param(
            ["groupby_col", "fixtime", "junk_status", "geometry"],
            description="The columns to keep, by their names in the observations; groupby_col, fixtime, junk_status and geometry must be among them. The prefixes extra__ and subject__ are taken off the names afterwards.",
            schema={
                "title": "relocs_columns",
                "items": {"type": "string"},
                "type": "array",
                "section": "process_relocations",
            },
        ),
        "relocations_to_trajectory__min_length_meters": Param(
            0.1,
            description="Drop segments shorter than this distance (m).",
            schema={
                "title": "min_length_meters",
                "minimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "relocations_to_trajectory__max_length_meters": Param(
            10000.0,
            description="Drop segments longer than this distance (m).",
            schema={
                "title": "max_length_meters",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "relocations_to_trajectory__max_time_secs": Param(
            3600.0,
            description="Drop segments that take more time than this (s).",
            schema={
                "title": "max_time_secs",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "relocations_to_trajectory__min_time_secs": Param(
            1.0,
            description="Drop segments that take less time than this (s).",
            schema={
                "title": "min_time_secs",
                "minimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "relocations_to_trajectory__max_speed_kmhr": Param(
            120.0,
            description="Drop segments faster than this speed (km/h).",
            schema={
                "title": "max_speed_kmhr",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "relocations_to_trajectory__min_speed_kmhr": Param(
            0.0,
            description="Drop segments slower than this speed (km/h).",
            schema={
                "title": "min_speed_kmhr",
                "minimum": 0,
                "type": "number",
                "section": "relocations_to_trajectory",
            },
        ),
        "calculate_time_density__pixel_size": Param(
            description="The side of a raster cell (m). A smaller one gives finer areas and takes longer.",
            schema={
                "title": "pixel_size",
                "exclusiveMinimum": 0,
                "type": "number",
                "section": "calculate_time_density",
            },
        ),
        "calculate_time_density__crs": Param(
            "ESRI:102022",
            description="The coordinate reference system of the analysis and of the areas, one that is projected and in metres, such as the UTM zone of the place (EPSG:32637) or an equal-area one.",
            schema={"title": "crs", "type": "string", "section": "calculate_time_density"},
        ),
        "calculate_time_density__nodata_value": Param(
            "nan",
            description="The value of raster cells without data, a number or 'nan'. Accepted so that existing specs work; no raster file is written, so it does not change the areas.",
            schema={
                "title": "nodata_value",
                "anyOf": [{"type": "number"}, {"type": "string"}],
                "section": "calculate_time_density",
            },
        ),
        "calculate_time_density__band_count": Param(
            1,
            description="The number of bands of the raster. Accepted so that existing specs work; the density is one band, so it does not change the areas.",
            schema={
                "title": "band_count",
                "minimum": 1,
                "type": "integer",
                "section": "calculate_time_density",
            },
        ),
        "calculate_time_density__max_speed_factor": Param(
            1.05,
            description="The highest possible speed, in multiples of the highest one of the segments.",
            schema={
                "title": "max_speed_factor",
                "minimum": 1,
                "type": "number",
                "section": "calculate_time_density",
            },
        ),
        "calculate_time_density__expansion_factor": Param(
            1.3,
            description="The extent of the raster, in multiples of that of the segments (1.3 adds 15 % on each side).",
            schema={
                "title": "expansion_factor",
                "minimum": 1,
                "type": "number",
                "section": "calculate_time_density",
            },
        ),
        "calculate_time_density__percentiles": Param(
            [50.0, 60.0, 70.0, 80.0, 90.0, 95.0],
            description="The shares of the time (%) that the areas are to hold.",
            schema={
                "title": "percentiles",
                "items": {"exclusiveMinimum": 0, "maximum": 100, "type": "number"},
                "minItems": 1,
                "type": "array",
                "section": "calculate_time_density",
            },
        ),
        "draw_ecomap__static": Param(
            False,
            description="Whether the map stands still: no zooming, no panning.",
            schema={"title": "static", "type": "boolean", "section": "draw_ecomap"},
        ),
        "draw_ecomap__height": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "draw_ecomap__width": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "draw_ecomap__search_control": Param(
            True,
            description="Whether there is a search box that zooms to the features with a text.",
            schema={"title": "search_control", "type": "boolean", "section": "draw_ecomap"},
        ),
        "draw_ecomap__title": Param(
            "",
            description="The title above the map, as plain text.",
            schema={"title": "title", "type": ["string", "null"], "section": "draw_ecomap"},
        ),
        "draw_ecomap__title_kws": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "draw_ecomap__tile_layers": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "draw_ecomap__north_arrow_kws": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "draw_ecomap__add_gdf_kws": Param(
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
                "section": "draw_ecomap",
            },
        ),
        "save_map_image__title": Param(
            "",
            description="The title above the map, as plain text.",
            schema={"title": "title", "type": ["string", "null"], "section": "save_map_image"},
        ),
        "save_map_image__column": Param(
            None,
            description="The column whose values give the colours.",
            schema={"title": "column", "type": ["string", "null"], "section": "save_map_image"},
        ),
        "save_map_image__width": Param(
            8.0,
            description="The width of the image in inches, 2 to 40.",
            schema={
                "title": "width",
                "maximum": 40,
                "minimum": 2,
                "type": "number",
                "section": "save_map_image",
            },
        ),
        "save_map_image__height": Param(
            6.0,
            description="The height of the image in inches, 2 to 40.",
            schema={
                "title": "height",
                "maximum": 40,
                "minimum": 2,
                "type": "number",
                "section": "save_map_image",
            },
        ),
        "save_map_image__dpi": Param(
            150,
            description="Pixels per inch, 50 to 600.",
            schema={
                "title": "dpi",
                "maximum": 600,
                "minimum": 50,
                "type": "integer",
                "section": "save_map_image",
            },
        ),
        "save_map_image__north_arrow": Param(
            True,
            description="Whether there is a north arrow.",
            schema={"title": "north_arrow", "type": "boolean", "section": "save_map_image"},
        ),
        "save_map_image__scale_bar": Param(
            True,
            description="Whether there is a scale bar.",
            schema={"title": "scale_bar", "type": "boolean", "section": "save_map_image"},
        ),
        "save_map_image__add_gdf_kws": Param(
            None,
            description="How features are drawn: column, colormap, color, opacity and more.",
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
                "section": "save_map_image",
            },
        ),
        "cache_root": Param(
            ".ecoflows/cache",
            description="Where results live: a URL.",
            schema={"type": "string", "minLength": 1, "title": "cache_root", "section": "ecoflows"},
        ),
    },
) as dag:
    load_observations = KubernetesPodOperator(
        **POD,
        task_id="load_observations",
        task_display_name="load_observations",
        doc_md="Read the fixes of one or more animals from a file.",
        trigger_rule="none_failed",
        retries=0,
        name="load-observations",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.io.observations:load_observations"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "load_observations"'
                ', "parameters": { '
                "\"path\": {{ json(params['load_observations__path']) }}, "
                "\"subject_column\": {{ json(params['load_observations__subject_column']) }}, "
                "\"time_column\": {{ json(params['load_observations__time_column']) }}, "
                "\"longitude_column\": {{ json(params['load_observations__longitude_column']) }}, "
                "\"latitude_column\": {{ json(params['load_observations__latitude_column']) }}, "
                "\"id_column\": {{ json(params['load_observations__id_column']) }}, "
                "\"junk_column\": {{ json(params['load_observations__junk_column']) }}, "
                "\"crs\": {{ json(params['load_observations__crs']) }}, "
                "\"timezone\": {{ json(params['load_observations__timezone']) }}, "
                "\"time_format\": {{ json(params['load_observations__time_format']) }}, "
                "\"layer\": {{ json(params['load_observations__layer']) }}, "
                "\"drop_missing_positions\": {{ json(params['load_observations__drop_missing_positions']) }}"
                " }"
                ', "known": ["load_observations__path", "load_observations__subject_column", "load_observations__time_column", "load_observations__longitude_column", "load_observations__latitude_column", "load_observations__id_column", "load_observations__junk_column", "load_observations__crs", "load_observations__timezone", "load_observations__time_format", "load_observations__layer", "load_observations__drop_missing_positions", "process_relocations__filter_point_coords", "process_relocations__relocs_columns", "relocations_to_trajectory__min_length_meters", "relocations_to_trajectory__max_length_meters", "relocations_to_trajectory__max_time_secs", "relocations_to_trajectory__min_time_secs", "relocations_to_trajectory__max_speed_kmhr", "relocations_to_trajectory__min_speed_kmhr", "calculate_time_density__pixel_size", "calculate_time_density__crs", "calculate_time_density__nodata_value", "calculate_time_density__band_count", "calculate_time_density__max_speed_factor", "calculate_time_density__expansion_factor", "calculate_time_density__percentiles", "draw_ecomap__static", "draw_ecomap__height", "draw_ecomap__width", "draw_ecomap__search_control", "draw_ecomap__title", "draw_ecomap__title_kws", "draw_ecomap__tile_layers", "draw_ecomap__north_arrow_kws", "draw_ecomap__add_gdf_kws", "save_map_image__title", "save_map_image__column", "save_map_image__width", "save_map_image__height", "save_map_image__dpi", "save_map_image__north_arrow", "save_map_image__scale_bar", "save_map_image__add_gdf_kws", "cache_root"]'
                ', "given": {{ json((dag_run.conf or {}) | list) }}'
                " }"
            )
        },
    )

    process_relocations = KubernetesPodOperator(
        **POD,
        task_id="process_relocations",
        task_display_name="process_relocations",
        doc_md="Drop the fixes that are known to be wrong and sort the rest by time.",
        trigger_rule="none_failed",
        retries=0,
        name="process-relocations",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.preprocessing.relocations:process_relocations"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "process_relocations"'
                ', "arguments": {"observations": {"\\u0024artifact": "load_observations"}}'
                ', "parameters": { '
                "\"filter_point_coords\": {{ json(params['process_relocations__filter_point_coords']) }}, "
                "\"relocs_columns\": {{ json(params['process_relocations__relocs_columns']) }}"
                " }"
                " }"
            )
        },
    )

    relocations_to_trajectory = KubernetesPodOperator(
        **POD,
        task_id="relocations_to_trajectory",
        task_display_name="relocations_to_trajectory",
        doc_md="Connect the fixes of each subject, in time order, to straight segments.",
        trigger_rule="none_failed",
        retries=0,
        name="relocations-to-trajectory",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.preprocessing.trajectory:relocations_to_trajectory"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "relocations_to_trajectory"'
                ', "arguments": {"relocations": {"\\u0024artifact": "process_relocations"}}'
                ', "parameters": { '
                "\"min_length_meters\": {{ json(params['relocations_to_trajectory__min_length_meters']) }}, "
                "\"max_length_meters\": {{ json(params['relocations_to_trajectory__max_length_meters']) }}, "
                "\"max_time_secs\": {{ json(params['relocations_to_trajectory__max_time_secs']) }}, "
                "\"min_time_secs\": {{ json(params['relocations_to_trajectory__min_time_secs']) }}, "
                "\"max_speed_kmhr\": {{ json(params['relocations_to_trajectory__max_speed_kmhr']) }}, "
                "\"min_speed_kmhr\": {{ json(params['relocations_to_trajectory__min_speed_kmhr']) }}"
                " }"
                " }"
            )
        },
    )

    calculate_time_density = KubernetesPodOperator(
        **POD,
        task_id="calculate_time_density",
        task_display_name="calculate_time_density",
        doc_md="Outline the areas in which the animal spends given shares of its time.",
        trigger_rule="none_failed",
        retries=0,
        name="calculate-time-density",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.analysis.time_density:calculate_time_density"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "calculate_time_density"'
                ', "arguments": {"trajectory_gdf": {"\\u0024artifact": "relocations_to_trajectory"}}'
                ', "parameters": { '
                "\"pixel_size\": {{ json(params['calculate_time_density__pixel_size']) }}, "
                "\"crs\": {{ json(params['calculate_time_density__crs']) }}, "
                "\"nodata_value\": {{ json(params['calculate_time_density__nodata_value']) }}, "
                "\"band_count\": {{ json(params['calculate_time_density__band_count']) }}, "
                "\"max_speed_factor\": {{ json(params['calculate_time_density__max_speed_factor']) }}, "
                "\"expansion_factor\": {{ json(params['calculate_time_density__expansion_factor']) }}, "
                "\"percentiles\": {{ json(params['calculate_time_density__percentiles']) }}"
                " }"
                " }"
            )
        },
    )

    draw_ecomap = KubernetesPodOperator(
        **POD,
        task_id="draw_ecomap",
        task_display_name="draw_ecomap",
        doc_md="Draw a frame as an interactive map: one HTML page that opens offline by double click.",
        trigger_rule="none_failed",
        retries=0,
        name="draw-ecomap",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.results.ecomap:draw_ecomap"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "draw_ecomap"'
                ', "arguments": {"geodataframe": {"\\u0024artifact": "calculate_time_density"}}'
                ', "parameters": { '
                "\"static\": {{ json(params['draw_ecomap__static']) }}, "
                "\"height\": {{ json(params['draw_ecomap__height']) }}, "
                "\"width\": {{ json(params['draw_ecomap__width']) }}, "
                "\"search_control\": {{ json(params['draw_ecomap__search_control']) }}, "
                "\"title\": {{ json((params['draw_ecomap__title'] or '')) }}, "
                "\"title_kws\": {{ json(params['draw_ecomap__title_kws']) }}, "
                "\"tile_layers\": {{ json(params['draw_ecomap__tile_layers']) }}, "
                "\"north_arrow_kws\": {{ json(params['draw_ecomap__north_arrow_kws']) }}, "
                "\"add_gdf_kws\": {{ json(params['draw_ecomap__add_gdf_kws']) }}"
                " }"
                " }"
            )
        },
    )

    save_map_image = KubernetesPodOperator(
        **POD,
        task_id="save_map_image",
        task_display_name="save_map_image",
        doc_md="Draw a frame as a map in a PNG image, in the same colours as ``draw_ecomap``.",
        trigger_rule="none_failed",
        retries=0,
        name="save-map-image",
        image="our/tasks:1",
        arguments=["run-task", "ecoflows.tasks.results.map_image:save_map_image"],
        do_xcom_push=False,
        env_vars={
            "ECOFLOWS_CALL": AS_JSON
            + (
                "{ \"cache_root\": {{ json(params['cache_root']) }}"
                ', "run": {{ json(run_id) }}'
                ', "workflow": "time_density"'
                ', "instance": "save_map_image"'
                ', "arguments": {"geodataframe": {"\\u0024artifact": "calculate_time_density"}}'
                ', "parameters": { '
                "\"title\": {{ json((params['save_map_image__title'] or '')) }}, "
                "\"column\": {{ json(params['save_map_image__column']) }}, "
                "\"width\": {{ json(params['save_map_image__width']) }}, "
                "\"height\": {{ json(params['save_map_image__height']) }}, "
                "\"dpi\": {{ json(params['save_map_image__dpi']) }}, "
                "\"north_arrow\": {{ json(params['save_map_image__north_arrow']) }}, "
                "\"scale_bar\": {{ json(params['save_map_image__scale_bar']) }}, "
                "\"add_gdf_kws\": {{ json(params['save_map_image__add_gdf_kws']) }}"
                " }"
                " }"
            )
        },
    )

    load_observations >> process_relocations
    process_relocations >> relocations_to_trajectory
    relocations_to_trajectory >> calculate_time_density
    calculate_time_density >> draw_ecomap
    calculate_time_density >> save_map_image
