// Going through the matrix by keys and by pointer: one cell at a time can be tabbed to, arrow keys move on from it.
// https://www.w3.org/WAI/ARIA/apg/patterns/grid/

/** Make the cells of `matrix` reachable; `onCell` is told of the cell in focus or under the pointer. */
export function startFocus(matrix, { onCell }) {
  const { grid } = matrix;
  const go = (place) => {
    const row = Math.max(0, Math.min(place.row, matrix.rows.length - 1));
    const column = Math.max(0, Math.min(place.column, matrix.columns.length - 1));
    if (matrix.rows.length === 0 || matrix.columns.length === 0) return;
    matrix.active = { row, column };
    matrix.reveal(matrix.active);
    const cell = matrix.cell(matrix.active);
    cell?.focus({ preventScroll: true });
    // The grid itself may reach out of the window.
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  grid.addEventListener("keydown", (event) => {
    const next = nextPlace(event, matrix);
    if (!next) return;
    event.preventDefault();
    go(next);
  });
  grid.addEventListener("focusin", (event) => {
    // Tabbed to while its own cell is not drawn: go to the cell. A click beside the cells moves nothing.
    if (event.target === grid && !matrix.isRestoring && grid.matches(":focus-visible")) go(matrix.active);
    const place = placeOf(event.target);
    if (place) {
      matrix.active = place;
      markActive(matrix);
      onCell(place);
    }
  });
  grid.addEventListener("pointerover", (event) => {
    const place = placeOf(event.target);
    if (place) onCell(place);
  });
  grid.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (place) go(place);
  });
}

/** After cells were drawn anew: exactly one thing in the grid can be tabbed to, and focus is not lost. */
export function markActive(matrix) {
  const { grid } = matrix;
  const active = matrix.cell(matrix.active);
  for (const cell of grid.querySelectorAll('[role="gridcell"][tabindex="0"]')) {
    if (cell !== active) {
      cell.tabIndex = -1;
      cell.removeAttribute("aria-describedby");
    }
  }
  grid.tabIndex = active ? -1 : 0;
  if (!active) return;
  active.tabIndex = 0;
  active.setAttribute("aria-describedby", "detail");
}

function placeOf(target) {
  const cell = target.closest('[role="gridcell"]');
  const row = cell?.closest('[role="row"]');
  if (!row) return null;
  return { row: Number(row.getAttribute("aria-rowindex")) - 3, column: Number(cell.getAttribute("aria-colindex")) - 2 };
}

function nextPlace(event, matrix) {
  if (event.altKey || event.metaKey) return null;
  const { row, column } = matrix.active;
  const lastRow = matrix.rows.length - 1;
  const lastColumn = matrix.columns.length - 1;
  switch (event.key) {
    case "ArrowUp":
      return { row: row - 1, column };
    case "ArrowDown":
      return { row: row + 1, column };
    case "ArrowLeft":
      return { row, column: column - 1 };
    case "ArrowRight":
      return { row, column: column + 1 };
    case "PageUp":
      return { row: row - matrix.pageRows, column };
    case "PageDown":
      return { row: row + matrix.pageRows, column };
    case "Home":
      return { row: event.ctrlKey ? 0 : row, column: 0 };
    case "End":
      return { row: event.ctrlKey ? lastRow : row, column: lastColumn };
    default:
      return null;
  }
}
