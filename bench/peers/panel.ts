/** A line of a panel: its points from left to right, in the units of the axes. */
export interface Line {
  readonly colour: string;
  readonly dashed: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A small chart on two logarithmic axes. */
export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly x: Axis;
  readonly y: Axis;
}

/** The values that have a mark, ascending; the axis goes from the first to the last. */
export interface Axis {
  readonly ticks: readonly (readonly [value: number, label: string])[];
}

/** Width and height of a panel with its labels, in the units of the drawing. */
export const size = { width: 290, height: 210 } as const;

const frame = { left: 52, top: 26, right: 276, bottom: 180 } as const;

/** The panel as SVG, with its upper left corner at the place given. */
export function drawn(panel: Panel, at: { readonly x: number; readonly y: number }): string {
  const x = scale(panel.x, frame.left, frame.right);
  const y = scale(panel.y, frame.bottom, frame.top);
  return [
    `<g transform="translate(${at.x} ${at.y})">`,
    text(panel.title, { x: frame.left, y: 14, anchor: "start", weight: "bold" }),
    ...panel.y.ticks.flatMap(([value, label]) => [
      `<path d="M${frame.left} ${y(value)}H${frame.right}" stroke="#ddd"/>`,
      text(label, { x: frame.left - 6, y: y(value) + 4, anchor: "end" }),
    ]),
    ...panel.x.ticks.map(([value, label]) =>
      text(label, { x: x(value), y: frame.bottom + 16, anchor: "middle" }),
    ),
    `<path d="M${frame.left} ${frame.bottom}H${frame.right}" stroke="#888"/>`,
    ...panel.lines.map((line) => drawnLine(line, x, y)),
    "</g>",
  ].join("\n");
}

/** A label of the drawing. */
export function text(
  content: string,
  {
    x,
    y,
    anchor,
    weight = "normal",
  }: {
    readonly x: number;
    readonly y: number;
    readonly anchor: "start" | "middle" | "end";
    readonly weight?: "normal" | "bold";
  },
): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${content}</text>`;
}

type Scale = (value: number) => number;

function drawnLine({ colour, dashed, points }: Line, x: Scale, y: Scale): string {
  const corners = points.map(([across, up]) => `${x(across)} ${y(up)}`);
  const dots = points.map(
    ([across, up]) => `<circle cx="${x(across)}" cy="${y(up)}" r="2.5" fill="${colour}"/>`,
  );
  const dashes = dashed ? ' stroke-dasharray="5 3"' : "";
  return `<path d="M${corners.join("L")}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>${dots.join("")}`;
}

function scale({ ticks }: Axis, start: number, end: number): Scale {
  const [first, last] = [ticks.at(0)?.[0] ?? 1, ticks.at(-1)?.[0] ?? 10].map(Math.log10);
  const span = (last ?? 1) - (first ?? 0);
  return (value) =>
    Math.round((start + ((Math.log10(value) - (first ?? 0)) / span) * (end - start)) * 10) / 10;
}
