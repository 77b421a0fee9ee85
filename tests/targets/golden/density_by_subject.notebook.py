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
# # density_by_subject
#
# Compiled from density_by_subject.yaml.
#
# Run it from top to bottom. It gives what `ecoflows run` gives, under the same cache keys: what has not changed is not computed again.

# %%
# ruff: noqa: B018
from ecoflows.scripting import REQUIRED, Run, any_dependency_skipped, any_is_empty_df
from ecoflows.tasks.analysis.time_density import calculate_time_density
from ecoflows.tasks.groupby.groupers import set_groupers
from ecoflows.tasks.groupby.splitting import split_groups
from ecoflows.tasks.io.observations import load_observations
from ecoflows.tasks.preprocessing.relocations import process_relocations
from ecoflows.tasks.preprocessing.trajectory import relocations_to_trajectory
from ecoflows.tasks.results.ecomap import draw_ecomap

run = Run("density_by_subject", cache_root=".ecoflows/cache", names=globals())

# %% [markdown]
# ## Parameters
#
# What the tasks below leave open. `REQUIRED` stands where a value must be given. Papermill sets `params`, whose values win over all others: `papermill in.ipynb out.ipynb -f FILE`, where the file has the sections of a params file under `params:`.

# %% tags=["parameters"]
# Values by task instance and argument, as in a params file.
params = {}

# %% tags=["parameters"]
# Read the fixes of one or more animals from a file.
fixes_params = {
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
relocations_params = {
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
trajectory_params = {
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
# Home range: Time density: Outline the areas in which the animal spends given shares of its
# time.
home_range_density_params = {
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
}

# %% tags=["parameters"]
# Home range: Maps: Draw a frame as an interactive map: one HTML page that opens offline by
# double click.
home_range_maps_params = {
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
# Core area: Time density: Outline the areas in which the animal spends given shares of its
# time.
core_area_density_params = {
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
}

# %% tags=["parameters"]
# Core area: Maps: Draw a frame as an interactive map: one HTML page that opens offline by
# double click.
core_area_maps_params = {
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

# %%
# Everything is checked here, before the first task runs.
run.check(
    {
        "fixes": (load_observations, fixes_params),
        "relocations": (process_relocations, relocations_params),
        "trajectory": (relocations_to_trajectory, trajectory_params),
        "home_range.density": (calculate_time_density, home_range_density_params),
        "home_range.maps": (draw_ecomap, home_range_maps_params),
        "core_area.density": (calculate_time_density, core_area_density_params),
        "core_area.maps": (draw_ecomap, core_area_maps_params),
    },
    params,
)

# %% [markdown]
# ## Tracks

# %% [markdown]
# ### fixes
#
# Read the fixes of one or more animals from a file.

# %%
fixes = run.step("fixes", load_observations, skipif=[any_is_empty_df, any_dependency_skipped])(
    **fixes_params
)
fixes

# %% [markdown]
# ### relocations
#
# Drop the fixes that are known to be wrong and sort the rest by time.

# %%
relocations = run.step(
    "relocations", process_relocations, skipif=[any_is_empty_df, any_dependency_skipped]
)(observations=fixes, **relocations_params)
relocations

# %% [markdown]
# ### trajectory
#
# Connect the fixes of each subject, in time order, to straight segments.

# %%
trajectory = run.step(
    "trajectory", relocations_to_trajectory, skipif=[any_is_empty_df, any_dependency_skipped]
)(relocations=relocations, **trajectory_params)
trajectory

# %% [markdown]
# ### groupers
#
# Say once what tables and dashboards are grouped by, for all tasks that need to know.

# %%
groupers = run.step("groupers", set_groupers, skipif=[any_is_empty_df, any_dependency_skipped])(
    groupers=[{"index_name": "groupby_col", "display_name": "Animal"}]
)
groupers

# %% [markdown]
# ### tracks
#
# Split a table into one table for each combination of values that occurs in it.

# %%
tracks = run.step("tracks", split_groups, skipif=[any_is_empty_df, any_dependency_skipped])(
    df=trajectory, groupers=groupers
)
tracks

# %% [markdown]
# ## Home range: Time density
#
# Outline the areas in which the animal spends given shares of its time.

# %%
step = run.mapped(
    "home_range.density",
    calculate_time_density,
    argnames=["trajectory_gdf"],
    on_error="skip",
    skipif=[any_is_empty_df, any_dependency_skipped],
)
home_range_density = step.collect(
    [
        step(
            trajectory_gdf=trajectory_gdf,
            pixel_size=250,
            percentiles=[50.0, 60.0, 70.0, 80.0, 90.0, 95.0],
            **home_range_density_params,
        )
        for trajectory_gdf in step.over_values(tracks)
    ]
)
home_range_density

# %% [markdown]
# ## Home range: Maps
#
# Draw a frame as an interactive map: one HTML page that opens offline by double click.

# %%
step = run.mapped(
    "home_range.maps",
    draw_ecomap,
    argnames=["geodataframe"],
    skipif=[any_is_empty_df, any_dependency_skipped],
)
home_range_maps = step.collect(
    [
        step(
            geodataframe=geodataframe,
            title="Where the animal spends its time",
            **home_range_maps_params,
        )
        for geodataframe in step.over_values(home_range_density)
    ]
)
home_range_maps

# %% [markdown]
# ## Core area: Time density
#
# Outline the areas in which the animal spends given shares of its time.

# %%
step = run.mapped(
    "core_area.density",
    calculate_time_density,
    argnames=["trajectory_gdf"],
    on_error="skip",
    skipif=[any_is_empty_df, any_dependency_skipped],
)
core_area_density = step.collect(
    [
        step(
            trajectory_gdf=trajectory_gdf,
            pixel_size=250,
            percentiles=[25.0, 50.0],
            **core_area_density_params,
        )
        for trajectory_gdf in step.over_values(tracks)
    ]
)
core_area_density

# %% [markdown]
# ## Core area: Maps
#
# Draw a frame as an interactive map: one HTML page that opens offline by double click.

# %%
step = run.mapped(
    "core_area.maps",
    draw_ecomap,
    argnames=["geodataframe"],
    skipif=[any_is_empty_df, any_dependency_skipped],
)
core_area_maps = step.collect(
    [
        step(
            geodataframe=geodataframe,
            title="Where the animal spends half of its time",
            **core_area_maps_params,
        )
        for geodataframe in step.over_values(core_area_density)
    ]
)
core_area_maps
