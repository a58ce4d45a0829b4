// Patterns for names, as commands take them: "*" stands for any characters, "?" for one.

export function matches(pattern, name) {
  const body = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${body}$`, "s").test(name);
}
