// Who may what, for what the pages offer. Only the server decides; a page merely does not offer what would be refused.

const order = ["viewer", "operator", "engineer"];

export const reaches = (role, least) => order.indexOf(role) >= order.indexOf(least);

// Calls f with the role of who looks, now and whenever somebody else does. Answers with a function that ends it.
export const role = (link, f) => link.on("hello", (hello) => f(hello.role || "viewer"));
