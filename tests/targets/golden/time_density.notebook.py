# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # time_density
#
# Compiled from time_density.yaml.
#
# Run it from top to bottom. It gives what `ecoflows run` gives, under the same cache keys: what has not changed is not computed again.

# %%
# ruff: noqa: B018
from ecoflows.scripting import REQUIRED, Run
from ecoflows.tasks.analysis.time_density import calculate_time_density
from ecoflows.tasks.io.observations import load_observations
from ecoflows.tasks.preprocessing.relocations import process_relocations
from ecoflows.tasks.preprocessing.trajectory import relocations_to_trajectory
from ecoflows.tasks.results.ecomap import draw_ecomap
from ecoflows.tasks.results.map_image import save_map_image

run = Run("time_density", cache_root=".ecoflows/cache", names=globals())

# %% [markdown]
# ## Parameters
#
# What the tasks below leave open. `REQUIRED` stands where a value must be given. Papermill sets `params`, whose values win over all others: `papermill in.ipynb out.ipynb -f FILE`, where the file has the sections of a params file under `params:`.

# %% tags=["parameters"]
# Values by task instance and argument, as in a params file.
params = {}

# %% tags=["parameters"]
# Read the fixes of one or more animals from a file.
load_observations_params = {
    # The file: a path or a URL such as s3://bucket/fixes.parquet. GeoParquet or Parquet
    # (.parquet, .geoparquet, .pq), GeoPackage (.gpkg), GeoJSON (.geojson, .json) or CSV
    # (.csv; UTF-8, columns parted by comma, semicolon, tab or bar). (text)
    "path": REQUIRED,
    # The column with the id or the name of the animal. (text)
    "subject_column": "groupby_col",
    # The column with the time of the fix. (text)
    "time_column": "fixtime",
    # The column with the longitude (degrees, or x in crs); not used with geometries. (text)
    "longitude_column": "longitude",
    # The column with the latitude (degrees, or y in crs); not used with geometries. (text)
    "latitude_column": "latitude",
    # The column with the id of the fix; rows keep their numbers without it. (text)
    "id_column": "id",
    # The column that says which fixes are wrong; none are without it. (text)
    "junk_column": "junk_status",
    # The coordinate reference system of the file's coordinates, where the file does not say.
    # Longitude and latitude columns are taken as EPSG:4326 (degrees, WGS84) without it. (text
    # or null)
    "crs": None,
    # The time zone of times that have no offset, such as Africa/Nairobi. (text)
    "timezone": "UTC",
    # How times are written, such as %d/%m/%Y %H:%M:%S; ISO 8601 without it. (text or null)
    "time_format": None,
    # The layer of a GeoPackage that has more than one. (text or null)
    "layer": None,
    # Leave out fixes without a position instead of refusing the file. (true or false)
    "drop_missing_positions": False,
}

# %% tags=["parameters"]
# Drop the fixes that are known to be wrong and sort the rest by time.
process_relocations_params = {
    # Positions that mean 'unknown', in degrees, each as [longitude, latitude] or as {x:
    # longitude, y: latitude}. Fixes exactly there are dropped. (list of lists [number,
    # number] or mappings {x, y})
    "filter_point_coords": [(180.0, 90.0), (0.0, 0.0)],
    # The columns to keep, by their names in the observations; groupby_col, fixtime,
    # junk_status and geometry must be among them. The prefixes extra__ and subject__ are
    # taken off the names afterwards. (list of texts)
    "relocs_columns": ["groupby_col", "fixtime", "junk_status", "geometry"],
}

# %% tags=["parameters"]
# Connect the fixes of each subject, in time order, to straight segments.
relocations_to_trajectory_params = {
    # Drop segments shorter than this distance (m). (number at least 0)
    "min_length_meters": 0.1,
    # Drop segments longer than this distance (m). (number above 0)
    "max_length_meters": 10000,
    # Drop segments that take more time than this (s). (number above 0)
    "max_time_secs": 3600,
    # Drop segments that take less time than this (s). (number at least 0)
    "min_time_secs": 1,
    # Drop segments faster than this speed (km/h). (number above 0)
    "max_speed_kmhr": 120,
    # Drop segments slower than this speed (km/h). (number at least 0)
    "min_speed_kmhr": 0.0,
}

# %% tags=["parameters"]
# Outline the areas in which the animal spends given shares of its time.
calculate_time_density_params = {
    # The side of a raster cell (m). A smaller one gives finer areas and takes longer. (number
    # above 0)
    "pixel_size": REQUIRED,
    # The coordinate reference system of the analysis and of the areas, one that is projected
    # and in metres, such as the UTM zone of the place (EPSG:32637) or an equal-area one.
    # (text)
    "crs": "ESRI:102022",
    # The value of raster cells without data, a number or 'nan'. Accepted so that existing
    # specs work; no raster file is written, so it does not change the areas. (number or text)
    "nodata_value": "nan",
    # The number of bands of the raster. Accepted so that existing specs work; the density is
    # one band, so it does not change the areas. (whole number at least 1)
    "band_count": 1,
    # The highest possible speed, in multiples of the highest one of the segments. (number at
    # least 1)
    "max_speed_factor": 1.05,
    # The extent of the raster, in multiples of that of the segments (1.3 adds 15 % on each
    # side). (number at least 1)
    "expansion_factor": 1.3,
    # The shares of the time (%) that the areas are to hold. (list of numbers above 0 and at
    # most 100, at least 1 item)
    "percentiles": [50.0, 60.0, 70.0, 80.0, 90.0, 95.0],
}

# %% tags=["parameters"]
# Draw a frame as an interactive map: one HTML page that opens offline by double click.
draw_ecomap_params = {
    # Whether the map stands still: no zooming, no panning. (true or false)
    "static": False,
    # The height of the whole figure, in pixels or as CSS such as '100%'. (whole number from
    # 50 to 10000 or text)
    "height": "100%",
    # The width of the whole figure, in pixels or as CSS such as '100%'. (whole number from 50
    # to 10000 or text)
    "width": "100%",
    # Whether there is a search box that zooms to the features with a text. (true or false)
    "search_control": True,
    # The title above the map, as plain text. (text)
    "title": "",
    # How the title is set: font_size (px), color, align. (mapping {font_size, color, align}
    # or null)
    "title_kws": None,
    # Background tiles, the lowest first; they need a network. None by default. (list of texts
    # or mappings {name, url, attribution, opacity, max_zoom})
    "tile_layers": [],
    # The north arrow: position, scale (1 is 44 px), show. (mapping {position, scale, show} or
    # null)
    "north_arrow_kws": None,
    # How features are drawn: column, colormap, color, opacity, tooltip and more. (mapping
    # {column, colormap, color, opacity, line_width, radius, classes, scheme, legend,
    # legend_title, tooltip, search_column} or null)
    "add_gdf_kws": None,
}

# %% tags=["parameters"]
# Draw a frame as a map in a PNG image, in the same colours as ``draw_ecomap``.
save_map_image_params = {
    # The title above the map, as plain text. (text)
    "title": "",
    # The column whose values give the colours. (text or null)
    "column": None,
    # The width of the image in inches, 2 to 40. (number from 2 to 40)
    "width": 8.0,
    # The height of the image in inches, 2 to 40. (number from 2 to 40)
    "height": 6.0,
    # Pixels per inch, 50 to 600. (whole number from 50 to 600)
    "dpi": 150,
    # Whether there is a north arrow. (true or false)
    "north_arrow": True,
    # Whether there is a scale bar. (true or false)
    "scale_bar": True,
    # How features are drawn: column, colormap, color, opacity and more. (mapping {column,
    # colormap, color, opacity, line_width, radius, classes, scheme, legend, legend_title,
    # tooltip, search_column} or null)
    "add_gdf_kws": None,
}

# %%
# Everything is checked here, before the first task runs.
run.check(
    {
        "load_observations": (load_observations, load_observations_params),
        "process_relocations": (process_relocations, process_relocations_params),
        "relocations_to_trajectory": (relocations_to_trajectory, relocations_to_trajectory_params),
        "calculate_time_density": (calculate_time_density, calculate_time_density_params),
        "draw_ecomap": (draw_ecomap, draw_ecomap_params),
        "save_map_image": (save_map_image, save_map_image_params),
    },
    params,
)

# %% [markdown]
# ## load_observations
#
# Read the fixes of one or more animals from a file.

# %%
load_observations_return = run.step("load_observations", load_observations)(
    **load_observations_params
)
load_observations_return

# %% [markdown]
# ## process_relocations
#
# Drop the fixes that are known to be wrong and sort the rest by time.

# %%
process_relocations_return = run.step("process_relocations", process_relocations)(
    observations=load_observations_return, **process_relocations_params
)
process_relocations_return

# %% [markdown]
# ## relocations_to_trajectory
#
# Connect the fixes of each subject, in time order, to straight segments.

# %%
relocations_to_trajectory_return = run.step("relocations_to_trajectory", relocations_to_trajectory)(
    relocations=process_relocations_return, **relocations_to_trajectory_params
)
relocations_to_trajectory_return

# %% [markdown]
# ## calculate_time_density
#
# Outline the areas in which the animal spends given shares of its time.

# %%
calculate_time_density_return = run.step("calculate_time_density", calculate_time_density)(
    trajectory_gdf=relocations_to_trajectory_return, **calculate_time_density_params
)
calculate_time_density_return

# %% [markdown]
# ## draw_ecomap
#
# Draw a frame as an interactive map: one HTML page that opens offline by double click.

# %%
draw_ecomap_return = run.step("draw_ecomap", draw_ecomap)(
    geodataframe=calculate_time_density_return, **draw_ecomap_params
)
draw_ecomap_return

# %% [markdown]
# ## save_map_image
#
# Draw a frame as a map in a PNG image, in the same colours as `draw_ecomap`.

# %%
save_map_image_return = run.step("save_map_image", save_map_image)(
    geodataframe=calculate_time_density_return, **save_map_image_params
)
save_map_image_return
