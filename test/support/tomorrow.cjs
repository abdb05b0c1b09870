// Preload of Node.js that sets its clock a day ahead, so that labs with an expiry of hours have expired.
const DAY = 24 * 60 * 60_000;
const now = Date.now;
Date.now = () => now() + DAY;
