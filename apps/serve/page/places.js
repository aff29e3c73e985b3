/**
 * Groups stay in the place, and so in the colour, that they have.
 * @param {readonly string[]} wanted
 * @param {readonly string[]} before
 */
export function keepPlaces(wanted, before) {
  const newcomers = wanted.filter((group) => !before.includes(group));
  /** @type {string[]} */
  const places = [];
  for (const group of before) {
    if (wanted.includes(group)) places.push(group);
    else {
      const next = newcomers.shift();
      if (next !== undefined) places.push(next);
    }
  }
  return [...places, ...newcomers];
}
