// What the theme leaves out, and the filter of the claims page. Runs without a server and asks no other host.
document.addEventListener("DOMContentLoaded", () => {
  // Arrows that open a part of the navigation get a name that a screen reader can say.
  for (const summary of document.querySelectorAll("nav summary")) {
    const link = summary.closest("li")?.querySelector("a");
    summary.setAttribute("aria-label", `Pages below ${link ? link.textContent.trim() : "this one"}`);
  }
  // Every wide table scrolls by itself, by keyboard too.
  for (const table of document.querySelectorAll(".bd-article table")) {
    if (table.closest(".wide")) continue;
    const region = document.createElement("div");
    region.className = "wide";
    table.before(region);
    region.append(table);
  }
  for (const region of document.querySelectorAll(".bd-article .wide, .bd-article pre")) {
    if (region.scrollWidth > region.clientWidth && !region.hasAttribute("tabindex")) {
      region.tabIndex = 0;
      region.setAttribute("role", "region");
      region.setAttribute("aria-label", "Scrolls sideways");
    }
  }
  const filter = document.querySelector("input[data-filters]");
  if (!filter) return;
  const rows = [...document.getElementById(filter.dataset.filters).tBodies[0].rows];
  const count = document.getElementById("filter-count");
  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  };
  filter.addEventListener("input", apply);
  apply();
});
