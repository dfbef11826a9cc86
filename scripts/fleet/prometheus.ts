/** One instant query; the samples' labels and values. Rejects when Prometheus does not understand it. */
export async function ask(
  prometheusUrl: string,
  query: string,
): Promise<{ labels: Record<string, string>; value: number }[]> {
  const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`);
  const body = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (body.status !== "success") throw new Error(`${query}: ${body.error}`);
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
