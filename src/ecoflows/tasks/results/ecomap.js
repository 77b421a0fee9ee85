/* Draws the features that stand in the page as JSON. Text from the data only ever becomes
   textContent, never markup. */
"use strict";
(() => {
  const { data, columns, style, view } = JSON.parse(
    document.getElementById("ecomap-data").textContent,
  );
  if (data.features.length === 0) return;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const map = L.map("map", {
    attributionControl: false,
    zoomControl: !view.static,
    dragging: !view.static,
    touchZoom: !view.static,
    scrollWheelZoom: !view.static,
    doubleClickZoom: !view.static,
    boxZoom: !view.static,
    keyboard: !view.static,
    // Tiles are sharp at whole zoom levels only; without them the data may fill the frame.
    zoomSnap: view.tiles.length ? 1 : 0.1,
    maxZoom: view.tiles.length ? Math.max(...view.tiles.map((tile) => tile.maxZoom)) : 22,
    zoomAnimation: false,
    fadeAnimation: false,
    preferCanvas: data.features.length > 4000,
  });

  const legend = document.querySelector(".legend");
  const fit = (bounds) => {
    const beside = legend && getComputedStyle(legend).position === "absolute";
    // Where the legend lies on the map, the data keeps clear of it.
    const room = beside && legend.offsetWidth < map.getSize().x / 3 ? legend.offsetWidth + 12 : 0;
    map.fitBounds(bounds, {
      paddingTopLeft: [36, 36],
      paddingBottomRight: [36 + room, 36],
      maxZoom: Math.min(16, map.getMaxZoom()),
      animate: false,
    });
  };

  /* Values */

  const shown = (value, kind) => {
    if (value === null) return "–";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (kind === "time") return value.replace("T", " ").replace(/Z$/, " UTC");
    return String(value);
  };

  const after = (unit) => (unit && unit !== "°" ? ` ${unit}` : unit);

  const table = (properties) => {
    const made = element("table");
    for (const { name, label, unit, kind } of columns) {
      const row = made.insertRow();
      row.append(element("th", "", label));
      const text = shown(properties[name], kind);
      row.append(element("td", "", properties[name] === null ? text : text + after(unit)));
    }
    return made;
  };

  /* Features */

  // One opacity for the whole pane: where features overlap, their colours stay the legend's.
  map.createPane("features").style.zIndex = 400;
  map.getPane("features").style.opacity = style.opacity;

  const look = (feature) => {
    const color = style.colors[feature.class];
    const kind = feature.geometry.type;
    if (kind.includes("Line")) return { color, weight: style.lineWidth, opacity: 1 };
    return {
      fillColor: color,
      fillOpacity: 1,
      color: kind.includes("Point") ? "#ffffff" : "#1d2b33",
      opacity: kind.includes("Point") ? 0.9 : 0.45,
      weight: style.lineWidth,
    };
  };

  const layers = L.geoJSON(data, {
    pane: "features",
    style: look,
    pointToLayer: (feature, place) => L.circleMarker(place, { pane: "features", radius: style.radius }),
    onEachFeature: (feature, layer) => {
      if (columns.length) {
        layer.bindTooltip(() => table(feature.properties), { sticky: true, opacity: 1, className: "values" });
      }
      layer.on("mouseover", () => layer.setStyle?.({ weight: style.lineWidth + 1.5, color: "#000000", opacity: 1 }));
      layer.on("mouseout", () => layer.setStyle?.(look(feature)));
    },
  }).addTo(map);

  /* Background: tiles, or a graticule */

  for (const { url, attribution, opacity, maxZoom } of view.tiles) {
    L.tileLayer(url, { attribution, opacity, maxNativeZoom: maxZoom, maxZoom: map.getMaxZoom() }).addTo(map);
  }
  if (view.tiles.length) L.control.attribution({ prefix: false }).addTo(map);

  const graticule = () => {
    map.createPane("graticule").style.zIndex = 250;
    map.createPane("graticule-labels").style.zIndex = 450;
    map.getPane("graticule-labels").style.pointerEvents = "none";
    const drawn = L.layerGroup().addTo(map);
    const steps = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002];
    const name = (degrees, step, hemispheres) => {
      const places = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
      const sign = Math.abs(degrees) < step / 2 ? "" : hemispheres[degrees < 0 ? 0 : 1];
      return `${Math.abs(degrees).toFixed(places)}°${sign}`;
    };
    const label = (place, text, className) => {
      const { x, y } = map.latLngToContainerPoint(place);
      const size = map.getSize();
      // Where the zoom buttons, the scale bar or the north arrow are, a number would be cut.
      const free = className === "parallel" ? y > 100 && y < size.y - 36 : x >= 40 && x < size.x - 90;
      if (!free) return;
      L.marker(place, {
        pane: "graticule-labels",
        interactive: false,
        keyboard: false,
        icon: L.divIcon({ className: `graticule-label ${className}`, html: element("span", "", text) }),
      }).addTo(drawn);
    };
    const redraw = () => {
      drawn.clearLayers();
      const bounds = map.getBounds().pad(0.02);
      const corner = map.containerPointToLatLng([0, 0]);
      const perDegree = map.getSize().x / (map.getBounds().getEast() - map.getBounds().getWest());
      const step = [...steps].reverse().find((degrees) => degrees * perDegree >= 110) ?? steps[0];
      const line = (from, to) =>
        L.polyline([from, to], {
          pane: "graticule", color: "#c9cec6", weight: 1, interactive: false, noClip: true,
        }).addTo(drawn);
      const first = (edge) => Math.ceil(edge / step);
      const [south, north] = [Math.max(bounds.getSouth(), -85), Math.min(bounds.getNorth(), 85)];
      for (let at = first(bounds.getWest()); at * step <= bounds.getEast(); at += 1) {
        line([south, at * step], [north, at * step]);
        // Beyond the antimeridian the map goes on; the numbers start again.
        const longitude = ((((at * step + 180) % 360) + 360) % 360) - 180;
        label([corner.lat, at * step], name(longitude, step, "WE"), "meridian");
      }
      for (let at = first(south); at * step <= north; at += 1) {
        line([at * step, bounds.getWest()], [at * step, bounds.getEast()]);
        label([at * step, corner.lng], name(at * step, step, "SN"), "parallel");
      }
    };
    map.on("moveend resize", redraw);
  };
  if (!view.tiles.length) graticule();

  /* Furniture */

  const control = (position, content) => {
    const made = L.control({ position });
    made.onAdd = () => {
      content.removeAttribute("hidden");
      L.DomEvent.disableClickPropagation(content);
      const holder = element("div");
      holder.append(content);
      return holder;
    };
    made.addTo(map);
  };
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  if (view.north) {
    const arrow = document.getElementById("north-arrow");
    arrow.setAttribute("height", 44 * view.north.scale);
    control(view.north.position, arrow);
    // The legend has that corner; it makes room.
    if (legend && view.north.position === "bottomright") {
      legend.style.bottom = `${44 * view.north.scale + 46}px`;
    }
  }

  const search = ({ column, label }) => {
    const form = document.getElementById("search");
    const input = form.querySelector("input");
    const found = form.querySelector("output");
    const text = (layer) => String(layer.feature.properties[column] ?? "");
    const values = [...new Set(layers.getLayers().map(text))].filter(Boolean).sort();
    input.placeholder = `Find ${label}`;
    input.setAttribute("aria-label", input.placeholder);
    form.querySelector("datalist").append(
      ...values.slice(0, 500).map((value) => Object.assign(element("option"), { value })),
    );
    const go = () => {
      const wanted = input.value.trim().toLowerCase();
      layers.resetStyle();
      if (!wanted) {
        found.textContent = "";
        fit(view.bounds);
        return;
      }
      const exact = layers.getLayers().filter((layer) => text(layer).toLowerCase() === wanted);
      const near = layers.getLayers().filter((layer) => text(layer).toLowerCase().includes(wanted));
      const hits = exact.length ? exact : near;
      found.textContent = hits.length ? `${hits.length} found` : "nothing found";
      if (!hits.length) return;
      for (const layer of hits) layer.setStyle?.({ color: "#000000", opacity: 1, weight: style.lineWidth + 1 });
      fit(L.featureGroup(hits).getBounds());
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
    input.addEventListener("change", go);
    control("topleft", form);
  };
  if (view.search) search(view.search);

  fit(view.bounds);
  // A figure that was hidden or is printed gets its size late; until somebody moves the map, refit.
  let moved = false;
  map.on("dragstart zoomstart", (event) => { moved ||= Boolean(event.originalEvent); });
  map.getContainer().addEventListener("pointerdown", () => { moved = true; });
  map.getContainer().addEventListener("wheel", () => { moved = true; }, { passive: true });
  const settle = () => {
    map.invalidateSize({ animate: false });
    if (!moved) fit(view.bounds);
  };
  new ResizeObserver(settle).observe(map.getContainer());
  for (const [event, printed] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(event, () => {
      document.querySelector(".ecomap").classList.toggle("printed", printed);
      settle();
    });
  }
})();
