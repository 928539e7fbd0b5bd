import "attune/elements/auto-submit";
import "attune/elements/chart";
import "attune/elements/copy-button";
import "attune/elements/definition-popover";
import "attune/elements/dialog-opener";
import "attune/elements/filter-list";
import "attune/elements/local-time";
import "attune/elements/menu-toggle";
import "attune/elements/popover-menu";
import "attune/elements/print-button";
import "attune/elements/rule-builder";
import "attune/elements/search-box";
import "attune/elements/take-focus";
import "attune/elements/theme-toggle";
import "attune/elements/toast";
import { announce } from "attune/lib/announce";

// A view announces a partial result with the header HX-Trigger: {"announce": "4,646 customers"}.
document.addEventListener("announce", (event) => announce(event.detail.value ?? event.detail));

document.addEventListener("htmx:sendError", () => announce("The server did not answer. Nothing was changed; try again."));
document.addEventListener("htmx:responseError", (event) =>
  announce(`That did not work (error ${event.detail.xhr.status}). Nothing was changed; try again.`),
);
