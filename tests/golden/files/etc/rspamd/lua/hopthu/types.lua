-- What a part without a name is called by its type and its location: mail programs give it a name
-- from these. RFC 2045, RFC 2557.

local types = {}

-- Types of programs: a part of such a type and no name is saved with a program's extension.
local programs = {}
for word in ([[
  application/ecmascript application/hta application/java-archive application/javascript
  application/vnd.microsoft.portable-executable application/vnd.ms-cab-compressed
  application/vnd.ms-htmlhelp application/x-apple-diskimage application/x-bat application/x-csh
  application/x-dosexec application/x-elf application/x-executable application/x-java-archive
  application/x-java-jnlp-file application/x-javascript application/x-mach-binary
  application/x-ms-application application/x-ms-installer application/x-ms-shortcut
  application/x-msdos-program application/x-msdownload application/x-msi application/x-mswinurl
  application/x-perl application/x-python-code application/x-sh application/x-shellscript
  application/x-vbscript application/x-wine-extension-msp text/ecmascript text/javascript
  text/scriptlet text/vbs text/vbscript text/x-javascript text/x-msdos-batch text/x-python
  text/x-sh text/x-shellscript text/x-vbscript
]]):gmatch("%S+") do
  programs[word] = true
end

function types.is_program(said)
  return programs[said] == true
end

-- Whether a part says that it is signed or encrypted as a whole (RFC 8551 3.2).
function types.is_cms(said, names)
  local found = said == "application/pkcs7-mime" or said == "application/x-pkcs7-mime"
  for _, name in ipairs(names) do
    found = found or name:lower():find("%.p7[mz]%W*$") ~= nil
  end
  return found
end

-- Return the names in locations: those of files. One on the web ends in a domain as often.
function types.locations(values)
  local found = {}
  for _, value in ipairs(values or {}) do
    local location = value:gsub("%s+", "")
    local file = location:match("^[fF][iI][lL][eE]:(.*)$")
    if file or not location:find("^%a[%w+.-]*:") then
      found[#found + 1] = file or location
    end
  end
  return found
end

return types
