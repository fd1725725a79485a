/** A driver's form by its name. */
export function formOf<T>(forms: Record<string, T> | undefined, name: string): T {
  const form = forms?.[name];
  if (form === undefined) throw new Error(`the driver has no form ${name}`);
  return form;
}

export function nanoseconds(): number {
  return performance.now() * 1e6;
}
