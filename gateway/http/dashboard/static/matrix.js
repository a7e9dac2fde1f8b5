// The matrix: a grid of which only the cells in view are there, so that its size does not matter.
// Keys and focus are in matrix-focus.js, what a cell looks like and says in matrix-cells.js.

import { cellOf, columnHeading, corner, groupHeading, personHeading } from "./matrix-cells.js";
import { element } from "./elements.js";

/** Sizes in CSS pixels; matrix.css has the same ones as custom properties. */
export const SIZES = { row: 26, column: 30, groups: 24, headings: 158 };
const HEADER_ROWS = 2;
const MARGIN_ROWS = 3;
// Columns are drawn by the half dozen, so that going sideways draws anew only now and then.
const COLUMN_STEP = 6;
// How long drawing may take before the browser has its turn.
const FRAME_MS = 10;

export class Matrix {
  /** `grid` is the element that scrolls; `onDrawn` is called after each change of what is drawn. */
  constructor(grid, { onDrawn }) {
    this.grid = grid;
    this.rows = [];
    this.columns = [];
    this.filter = null;
    this.platformNames = new Map();
    this.active = { row: 0, column: 0 };
    this.drawn = new Map();
    this.window = null;
    this.hadFocus = false;
    this.isRestoring = false;
    this.onDrawn = onDrawn;
    this.head = element("div", { class: "head", role: "rowgroup" });
    this.body = element("div", { class: "body", role: "rowgroup" });
    grid.append(this.head, this.body);
    grid.addEventListener("scroll", () => this.drawSoon(), { passive: true });
    new ResizeObserver(() => this.drawSoon()).observe(grid);
  }

  /** Show these rows and columns instead. */
  show({ rows, columns, filter, platformNames }) {
    const sameColumns = columns.length === this.columns.length && columns.every((one, at) => one === this.columns[at]);
    const activeRow = this.rows[this.active.row];
    const activeColumn = this.columns[this.active.column];
    Object.assign(this, { rows, columns, filter, platformNames });
    // Whoever stands in a cell stays in it when others come and go.
    this.active = {
      row: Math.max(0, rows.indexOf(activeRow)),
      column: Math.max(0, columns.indexOf(activeColumn)),
    };
    this.grid.setAttribute("aria-rowcount", rows.length + HEADER_ROWS);
    this.grid.setAttribute("aria-colcount", columns.length + 1);
    this.body.style.height = `${rows.length * SIZES.row}px`;
    for (const part of [this.head, this.body]) part.style.setProperty("--columns", columns.length);
    if (!sameColumns) this.window = null;
    this.forgetRows();
    this.drawSoon();
  }

  /** The element of a cell, where it is drawn. */
  cell({ row, column }) {
    return this.drawn.get(row)?.querySelector(`[aria-colindex="${column + 2}"]`) ?? null;
  }

  /** The first column's width, which narrow windows make smaller. */
  get peopleWidth() {
    return parseFloat(getComputedStyle(this.grid).getPropertyValue("--people-width"));
  }

  /** Scroll until a cell is beside the headings and not behind them. */
  reveal({ row, column }) {
    const { grid } = this;
    const top = row * SIZES.row;
    const left = column * SIZES.column;
    const height = grid.clientHeight - SIZES.groups - SIZES.headings;
    const width = grid.clientWidth - this.peopleWidth;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top + SIZES.row > grid.scrollTop + height) grid.scrollTop = top + SIZES.row - height;
    if (left < grid.scrollLeft) grid.scrollLeft = left;
    else if (left + SIZES.column > grid.scrollLeft + width) grid.scrollLeft = left + SIZES.column - width;
    this.draw(row);
  }

  /** How many rows are in view. */
  get pageRows() {
    return Math.max(1, Math.floor((this.grid.clientHeight - SIZES.groups - SIZES.headings) / SIZES.row) - 1);
  }

  drawSoon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Draw what is in view and not there yet: `first`, a row, at once, and of the rest what a frame has time for. */
  draw(first = null) {
    const wanted = this.wantedWindow();
    const { window: now } = this;
    const sameColumns = now && now.left === wanted.left && now.right === wanted.right;
    if (!sameColumns) {
      this.forgetRows();
      this.drawHead(wanted);
    }
    this.window = wanted;
    this.noteFocus();
    for (const [row, drawn] of this.drawn) {
      if (row < wanted.top || row >= wanted.bottom) {
        drawn.remove();
        this.drawn.delete(row);
      }
    }
    const isWhole = this.drawRows(wanted, first);
    this.onDrawn();
    // As long as the row of the cell in focus may still come, focus waits for it.
    const mayCome = !isWhole && this.active.row >= wanted.top && this.active.row < wanted.bottom;
    if (!mayCome) this.restoreFocus();
    if (!isWhole) this.drawSoon();
  }

  /** Whether all rows are there now. */
  drawRows(wanted, first) {
    const end = performance.now() + FRAME_MS;
    if (first !== null && !this.drawn.has(first)) this.insertRow(first, wanted);
    for (let row = wanted.top; row < wanted.bottom; row += 1) {
      if (this.drawn.has(row)) continue;
      if (performance.now() > end) return false;
      this.insertRow(row, wanted);
    }
    return true;
  }

  /** Rows stay in their order in the document, for those who read it. */
  insertRow(row, wanted) {
    let next = row + 1;
    while (next < wanted.bottom && !this.drawn.has(next)) next += 1;
    const drawn = this.drawnRow(row, wanted);
    this.body.insertBefore(drawn, this.drawn.get(next) ?? null);
    this.drawn.set(row, drawn);
  }

  /** Where the cell in focus was drawn anew focus goes back to it; where it is out of view, to the grid. */
  restoreFocus() {
    const isLost = this.hadFocus && document.activeElement === document.body;
    this.hadFocus = false;
    if (!isLost) return;
    this.isRestoring = true;
    (this.cell(this.active) ?? this.grid).focus({ preventScroll: true });
    this.isRestoring = false;
  }

  /** Rows stay in their order in the document, for those who read it. */
  place(made) {
    for (const row of made.reverse()) {
      const next = this.drawn.get(row + 1);
      this.body.insertBefore(this.drawn.get(row), next ?? null);
    }
  }

  wantedWindow() {
    const { grid } = this;
    const firstRow = Math.floor(grid.scrollTop / SIZES.row) - MARGIN_ROWS;
    const lastRow = Math.ceil((grid.scrollTop + grid.clientHeight - SIZES.headings) / SIZES.row) + MARGIN_ROWS;
    const firstColumn = Math.floor(grid.scrollLeft / SIZES.column / COLUMN_STEP) * COLUMN_STEP;
    const lastColumn = Math.ceil((grid.scrollLeft + grid.clientWidth) / SIZES.column / COLUMN_STEP) * COLUMN_STEP;
    return {
      top: Math.max(0, Math.min(firstRow, this.rows.length)),
      bottom: Math.min(this.rows.length, Math.max(0, lastRow)),
      left: Math.max(0, Math.min(firstColumn, this.columns.length)),
      right: Math.min(this.columns.length, lastColumn),
    };
  }

  forgetRows() {
    this.noteFocus();
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
  }

  noteFocus() {
    this.hadFocus ||= this.grid.contains(document.activeElement);
  }

  drawHead({ left, right }) {
    const groups = element("div", { class: "row groups", role: "row", "aria-rowindex": "1" }, corner());
    let column = 0;
    while (column < this.columns.length) {
      const { platform } = this.columns[column];
      let end = column;
      while (end < this.columns.length && this.columns[end].platform === platform) end += 1;
      groups.append(groupHeading(this.platformNames.get(platform) ?? platform, { column, count: end - column }));
      column = end;
    }
    const headings = element("div", { class: "row headings", role: "row", "aria-rowindex": "2" });
    headings.append(corner("Person"), this.gap(left));
    for (let at = left; at < right; at += 1) headings.append(columnHeading(this.columns[at], at));
    this.head.replaceChildren(groups, headings);
  }

  drawnRow(row, { left, right }) {
    const person = this.rows[row];
    const drawn = element("div", { class: "row", role: "row", "aria-rowindex": row + HEADER_ROWS + 1 });
    drawn.style.top = `${row * SIZES.row}px`;
    drawn.append(personHeading(person), this.gap(left));
    for (let column = left; column < right; column += 1) {
      drawn.append(cellOf({ person, project: this.columns[column], column, role: this.filter.role }));
    }
    return drawn;
  }

  /** Stands for the columns that are not drawn. */
  gap(columns) {
    const gap = element("span", { class: "gap", role: "presentation" });
    gap.style.width = `${columns * SIZES.column}px`;
    return gap;
  }
}
