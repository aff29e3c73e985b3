/** Prints one figure as a line of JSON. */
export function report(
  figure: { readonly bench: string; readonly figure: string; readonly value: number } & Record<
    string,
    unknown
  >,
): void {
  console.log(JSON.stringify(figure));
}
