// What the theme leaves out, and the filters of the claims page. Runs without a server and asks no other host.

// Of a file a browser reads nothing for another page, so search results opened as files come without an excerpt.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Light or dark as the system says, until the reader chooses; the theme takes that for granted and complains.
document.documentElement.dataset.mode ||= "auto";

document.addEventListener("DOMContentLoaded", () => {
  // Arrows that open a part of the navigation get a name that a screen reader can say.
  for (const summary of document.querySelectorAll("nav summary")) {
    const link = summary.closest("li")?.querySelector("a");
    summary.setAttribute("aria-label", `Pages below ${link ? link.textContent.trim() : "this one"}`);
  }
  for (const table of document.querySelectorAll(".bd-article table")) wrap(table);
  for (const region of document.querySelectorAll(".bd-article .wide, .bd-article pre")) {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
  }
  const filters = document.querySelector(".filters");
  if (filters) filter(filters, [...document.querySelectorAll("#claims-table tbody tr")]);
});

// A wide table scrolls by itself, by keyboard too, and the page stays where it is.
function wrap(table) {
  if (table.closest(".wide, .pst-scrollable-table-container")) return;
  const region = document.createElement("div");
  region.className = "wide";
  table.before(region);
  region.append(table);
}

// Rows stay that hold every word and have every property that was chosen.
function filter(filters, rows) {
  const count = document.getElementById("filter-count");
  const apply = () => {
    const words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = [...filters.querySelectorAll("select")].filter((select) => select.value);
    const published = document.getElementById("filter-published").checked;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden =
        !words.every((word) => text.includes(word)) ||
        !chosen.every((select) => row.dataset[select.dataset.key] === select.value) ||
        (published && !("published" in row.dataset));
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  };
  filters.hidden = false;
  filters.addEventListener("input", apply);
  apply();
}
