import type { TemperatureSample } from '../peer/api.ts';

export interface Series {
  readonly label: string;
  /** One value per time; null where the printer told none. */
  readonly actual: readonly (number | null)[];
  readonly target: readonly (number | null)[];
}

/** Temperatures as a plot wants them: times in seconds, and two lines for each heater. */
export interface Plot {
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** Minutes of the past that a plot can show. */
export const spans = [10, 60, 24 * 60] as const;

export function plotOf(samples: readonly TemperatureSample[]): Plot {
  const tools = Math.max(0, ...samples.map((sample) => sample.tools.length));
  const pick = (
    label: string,
    of: (sample: TemperatureSample) => { readonly actualC: number; readonly targetC: number } | undefined,
  ): readonly Series[] => {
    const heats = samples.map(of);
    if (heats.every((heat) => heat === undefined)) return [];
    return [
      {
        label,
        actual: heats.map((heat) => heat?.actualC ?? null),
        // A heater that is off has no target: a line at zero would only flatten the others.
        target: heats.map((heat) => (heat === undefined || heat.targetC <= 0 ? null : heat.targetC)),
      },
    ];
  };
  return {
    times: samples.map(({ atMs }) => atMs / 1000),
    series: [
      ...Array.from({ length: tools }, (_, tool) =>
        pick(tools > 1 ? `Nozzle ${tool + 1}` : 'Nozzle', (sample) => sample.tools[tool]),
      ).flat(),
      ...pick('Bed', (sample) => sample.bed),
      ...pick('Chamber', (sample) => sample.chamber),
    ],
  };
}

/** Older samples go: those before the longest span that is shown. */
export function trimmed(samples: readonly TemperatureSample[], nowMs: number): readonly TemperatureSample[] {
  const fromMs = nowMs - Math.max(...spans) * 60_000;
  const first = samples.findIndex(({ atMs }) => atMs >= fromMs);
  return first <= 0 ? samples : samples.slice(first);
}

/** The plot in words, for those who do not see it. */
export function plotWords({ times, series }: Plot): string {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined || series.length === 0)
    return 'No temperatures heard of yet.';
  const minutes = Math.max(1, Math.round((last - first) / 60));
  const parts = series.map(({ label, actual, target }) => {
    const now = actual.at(-1);
    const known = actual.filter((value) => value !== null);
    const goal = target.at(-1);
    return `${label} ${format(now)}${goal === null || goal === undefined ? ', off' : ` of ${format(goal)}`}, between ${format(Math.min(...known))} and ${format(Math.max(...known))}`;
  });
  return `The last ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}: ${parts.join('; ')} °C.`;
}

function format(value: number | null | undefined): string {
  return value === null || value === undefined ? 'unknown' : String(Math.round(value));
}
