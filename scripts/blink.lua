-- The shortest useful program: a lamp that blinks once a second.
mem.LAMP = coil(0, { safe = false })

server.tcp { port = 1502 }

every("500ms", function()
  mem.LAMP = not mem.LAMP
end)
