export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** How far the values lie apart, as a share of their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** A figure with the bounds between which the true one lies in 95 of 100 cases. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The 97.5 % points of Student's t for 1 to 30 degrees of freedom; beyond that the normal one is near enough. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const;
const NORMAL = 1.96;

/**
 * How many times the first is of the second, pair by pair: what disturbed the machine in one round disturbed both, and
 * falls out of their ratio. Ratios are averaged as their logarithms, so that twice and half are equally far from one.
 *
 * @throws `RangeError` when they are no pairs; with less than two pairs the bounds are everything
 */
export function pairedRatio(first: readonly number[], second: readonly number[]): Estimate {
  if (first.length !== second.length || first.length === 0) throw new RangeError("these are no pairs");
  const logarithms = first.map((value, place) => Math.log(value / (second[place] ?? Number.NaN)));
  const count = logarithms.length;
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / count;
  const squares = logarithms.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const t = T[count - 2] ?? (count < 2 ? Number.POSITIVE_INFINITY : NORMAL);
  const margin = count < 2 ? Number.POSITIVE_INFINITY : t * Math.sqrt(squares / (count - 1) / count);
  return { value: Math.exp(mean), low: Math.exp(mean - margin), high: Math.exp(mean + margin) };
}

/** How far the bounds lie from the figure, as a share of it. */
export function uncertainty({ value, low, high }: Estimate): number {
  return Math.max(high - value, value - low) / value;
}

export const rounded = (value: number): string => {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
};

/** `0.66 (0.64 to 0.68)` */
export function withBounds({ value, low, high }: Estimate): string {
  return low === high ? rounded(value) : `${rounded(value)} (${rounded(low)} to ${rounded(high)})`;
}
