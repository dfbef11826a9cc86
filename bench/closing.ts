/** Whatever `work` keeps is stopped when it is over, the last started first, however it ends. */
export async function closing<T>(
  work: (keep: <S extends { stop(): Promise<void> }>(started: S) => S) => Promise<T>,
): Promise<T> {
  const started: { stop(): Promise<void> }[] = [];
  try {
    return await work((one) => {
      started.push(one);
      return one;
    });
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}
